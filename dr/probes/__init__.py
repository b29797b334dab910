"""The catalogue of probes and of marks: kind → where its class is."""

PROBES: dict[str, str] = {}

MARKS: dict[str, str] = {}
