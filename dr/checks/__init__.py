"""The catalogue of checks: kind → where its class is. Checks look and never change anything."""

CHECKS: dict[str, str] = {}
