"""What Route 53's API writes in its own way: ids of hosted zones, and names.

Source:  Amazon Route 53 API Reference, ListResourceRecordSets; Developer Guide, "DNS domain name
         format" (`*` is listed as its octal code).
"""


def zone_id(zone: str) -> str:
    """Return the id of a hosted zone, which the API also writes as /hostedzone/ID."""
    return zone.rsplit("/", 1)[-1]


def plain(name: str) -> str:
    """Make names comparable: Route 53 adds the dot, writes * as an escape, and may prefix."""
    return name.lower().rstrip(".").replace("\\052", "*").removeprefix("dualstack.")
