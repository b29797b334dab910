"""The check of `witness.json`: how each claim stands, worked out again from the attached records.

A witness is a file of that name in an addendum; the records that it names lie in addenda before it.
Whether those are what the provider had kept, nobody here knows: who attached them has signed them.
"""

from collections.abc import Sequence

from dr.core.bundle import Answer, Reading
from dr.core.canonical import canonical
from dr.core.recorded import parse
from dr.core.seal import ADDENDUM_FILE
from dr.core.witnessing import claims, corroborate, unclaimed
from dr.model.event import Event
from dr.model.plan import Plan
from dr.model.witness import Recorded, Standing, Witness, WitnessSource

FILE = "witness.json"


def witness_of(
    run_id: str,
    plan: Plan,
    events: Sequence[Event],
    sources: Sequence[WitnessSource],
    records: Sequence[Recorded],
) -> Witness:
    """Return how the claims of a run stand by these records."""
    made = corroborate(
        claims(events), records, frozenset(site.account for site in plan.sites.values())
    )
    return Witness(
        run_id=run_id,
        sources=tuple(sources),
        claims=made,
        unclaimed=unclaimed(events, made, records),
    )


def witnessed(read: Reading) -> Answer:
    """Check every witness that was added to a run."""
    places = sorted({n.split("/")[1] for n in read.files if n.startswith("addenda/")})
    found = [place for place in places if f"addenda/{place}/{FILE}" in read.files]
    for place in found:
        wrong = _differs(read, place, places)
        if wrong:
            return False, f"addendum {place}: {wrong}"
    if not found:
        return None, "no records of a provider were held against it"
    last = Witness.model_validate_json(read.files[f"addenda/{found[-1]}/{FILE}"])
    count = sum(one.standing is Standing.CORROBORATED for one in last.claims)
    said = f"{count} of {len(last.claims)} claims corroborated, {len(last.unclaimed)} unclaimed"
    return True, f"the attached records say what {FILE} says: {said}"


def _differs(read: Reading, place: str, places: Sequence[str]) -> str:
    content = read.files[f"addenda/{place}/{FILE}"]
    records: list[Recorded] = []
    sources = Witness.model_validate_json(content).sources
    for source in sources:
        data = _source(read, source, places[: places.index(place)])
        if data is None:
            return f"its records {source.file} do not lie in an addendum before it"
        found = parse(data)
        if len(found) != source.records:
            return f"{source.file} holds {len(found)} records, not {source.records}"
        records += found
    again = witness_of(read.seal.run_id, read.plan, read.events, sources, records)
    same = canonical(again.as_json()) == content
    return "" if same else f"the attached records do not say what {FILE} says"


def _source(read: Reading, source: WitnessSource, before: Sequence[str]) -> bytes | None:
    for place in before:
        name = f"addenda/{place}/{source.file}"
        # The name alone could be that of the addendum's own text.
        if source.file != ADDENDUM_FILE and name in read.files and read.sha(name) == source.sha256:
            return read.files[name]
    return None
