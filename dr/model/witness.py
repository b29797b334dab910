"""What a provider's own records say of what a run claims to have done."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from dr.model.base import Record


class Source(StrEnum):
    """Who has kept a record."""

    CLOUDTRAIL = "cloudtrail"  # requests, each with its id
    RDS = "rds"  # events of databases: what happened to them
    FIS = "fis"  # experiments of the fault injection service


class Recorded(Record):
    """One record of a provider, as far as it matters here."""

    source: Source
    id: str  # of the record, with its keeper
    at: str  # RFC 3339
    operation: str = ""
    service: str = ""
    request_id: str = ""
    error: str = ""  # code; "" for a request that was carried out
    principal: str = ""
    account: str = ""
    changes: bool = True  # False: a request that only looked
    names: tuple[str, ...] = ()  # resources that it speaks of
    text: str = ""


class Standing(StrEnum):
    """What a claim is worth, by somebody else's records."""

    CORROBORATED = "corroborated"
    UNCORROBORATED = "uncorroborated"
    CONTRADICTED = "contradicted"


class Claim(Record):
    """One effect that the journal says was asked for."""

    event: int  # its number in the journal
    step: str
    way: str
    service: str
    operation: str
    request_id: str
    at: str  # RFC 3339: the server's date or, if there is none, the journal's
    status: int
    until: str  # RFC 3339: when the step had settled, or failed, or the journal ends
    names: tuple[str, ...]  # resources that its change speaks of


class Corroboration(Record):
    """A claim, and how it stands."""

    claim: Claim
    standing: Standing
    why: str
    by: tuple[str, ...] = ()  # ids of the records


class WitnessSource(Record):
    """A file of records, which lies in an addendum before this one."""

    file: str
    sha256: str
    records: int


class Witness(Record):
    """The records that were attached to a run, against its claims."""

    schema_: Literal["dr.witness/1"] = Field(default="dr.witness/1", alias="schema")
    run_id: str
    sources: tuple[WitnessSource, ...]
    claims: tuple[Corroboration, ...]
    unclaimed: tuple[Recorded, ...]  # changes by the same principal that the journal does not know
