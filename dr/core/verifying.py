"""A bundle → numbered checks, each of which holds, does not hold, or could not be made.

Pure: bytes in, sentences out. Nothing in a bundle is believed, so nothing in one may stop the
checking either: whatever a file holds, every check has an answer. The same checks with the same
numbers are in `verify.sh` and `verify.py`, which share no code with this.

Limits: what remains undetectable is written down in VERIFY.md.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from dr.core import later
from dr.core.bundle import Against, Answer, Bundle, Reading
from dr.core.lines import digest
from dr.core.recomputing import differences
from dr.core.registered import intents_answered, registered
from dr.core.seal import (
    APPROVAL,
    APPROVAL_SIGNATURE,
    EVIDENCE,
    INTENT,
    INTENT_SIGNATURE,
    MANIFEST_FILE,
    NOBODY,
    NOTHING,
    SEAL_FILE,
    SEAL_SIGNATURE,
    entry_line,
    listed,
    live,
)
from dr.core.seal import later as is_later
from dr.core.sshsig import check as signed_with
from dr.core.sshsig import fingerprint
from dr.core.stamps import NotChecked
from dr.core.witnessed import witnessed
from dr.model.event import RunClosed, RunCreated, SamplesAnchored


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ok None: it could not be made, for want of something to check against."""

    number: int
    ok: bool | None
    text: str


ESSENTIAL = frozenset({1, 12, 13, 14})
"""Checks without which "verified" would say too much."""


def verify(bundle: Bundle, against: Against) -> list[Check]:
    """Make every check."""
    read = Reading(bundle, against)
    return [_made(number, check, read) for number, check in CHECKS.items()]


def _made(number: int, check: Callable[[Reading], Answer], read: Reading) -> Check:
    ok: bool | None = False
    try:
        ok, text = check(read)
    except NotChecked as error:
        ok, text = None, f"not checked ({error}): {_TITLES[number]}"
    except KeyError as error:
        text = f"{_TITLES[number]}: there is no {error.args[0]}"
    except Exception as error:  # noqa: BLE001 - hostile bytes must not end the checking
        text = f"{_TITLES[number]}: {str(error) or type(error).__name__}"
    # Names and errors hold bytes of the bundle, which must not steer anybody's terminal.
    return Check(number, ok, "".join(c if c.isprintable() else "?" for c in text))


def _seal(read: Reading) -> Answer:
    if read.seal.signed_by == NOBODY:
        if SEAL_SIGNATURE in read.files:
            return False, "the seal says that nobody signed it, and there is a signature"
        return (None if read.against.signers is None else False), "the seal is not signed"
    by = read.signer(SEAL_FILE, SEAL_SIGNATURE, EVIDENCE)
    key = fingerprint(signed_with(read.files[SEAL_SIGNATURE], read.files[SEAL_FILE], EVIDENCE))
    if key != read.seal.signed_by:
        return False, f"the seal was signed by {key}, and names {read.seal.signed_by}"
    if by is None:
        return None, f"the seal is signed by {key}; without a signers file that is nobody"
    return True, f"the seal is signed by {by}"


def _approval(read: Reading) -> Answer:
    if APPROVAL_SIGNATURE not in read.files:
        return None, "nobody has approved it"
    by = read.signer(SEAL_FILE, APPROVAL_SIGNATURE, APPROVAL)
    key = fingerprint(signed_with(read.files[APPROVAL_SIGNATURE], read.files[SEAL_FILE], APPROVAL))
    if key == read.seal.signed_by:
        return False, "the approval was made with the key that sealed it"
    if by is None:
        return None, f"it is approved with {key}; without a signers file that is nobody"
    return True, f"it is approved by {by}, with another key"


def _manifest(read: Reading) -> Answer:
    same = read.seal.manifest_sha256 == read.sha(MANIFEST_FILE)
    return same, "the manifest is the sealed one" if same else "the manifest is not the sealed one"


def _files(read: Reading) -> Answer:
    wrong = [n for n, sha in read.manifest.items() if n not in read.files or read.sha(n) != sha]
    if wrong:
        return False, f"not as listed: {', '.join(wrong[:3])}"
    return True, f"every listed file is as it was ({len(read.manifest)})"


def _unlisted(read: Reading) -> Answer:
    extra = [n for n in read.files if listed(n) and n not in read.manifest]
    extra += [n for n in read.odd if not live(n)]
    if extra:
        return False, f"not listed: {', '.join(sorted(extra)[:3])}"
    return True, "nothing lies beside what is listed"


def _chain(read: Reading) -> Answer:
    return True, f"the chain of {len(read.events)} events is whole, from the intent on"


def _head(read: Reading) -> Answer:
    seal = read.seal
    head = digest(read.lines[-1]) if read.lines else read.sha("intent.json")
    if (len(read.lines), head) != (seal.events_count, seal.events_head_sha256):
        return False, "the chain does not end where the seal says"
    closings = [n for n, e in enumerate(read.events, 1) if isinstance(e.data, RunClosed)]
    wanted = [len(read.events)] if seal.status == "complete" else []
    if closings != wanted or seal.status not in {"complete", "incomplete"}:
        return False, f"the seal says {seal.status}, the events do not"
    ends = "and the run was closed" if wanted else "and the run never closed: incomplete"
    return True, f"the chain ends where the seal says, {ends}"


def _bound(read: Reading) -> Answer:
    plan = read.sha("plan.json")
    said = [read.seal.plan_sha256, str(read.json("intent.json")["plan_sha256"])]
    said += [e.data.plan_sha256 for e in read.events if isinstance(e.data, RunCreated)]
    if {*said, plan} != {plan} or read.seal.intent_sha256 != read.sha("intent.json"):
        return False, "the plan or the intent is not the one that was run"
    for event in read.events:
        data = event.data
        if isinstance(data, SamplesAnchored):
            prefix = read.files[data.file][: data.bytes]
            if len(prefix) != data.bytes or hashlib.sha256(prefix).hexdigest() != data.sha256:
                return False, f"{data.file} is not what event {event.seq} saw of it"
        elif isinstance(data, RunClosed):
            needed = {n for n in read.manifest if n.startswith("samples/") and n.endswith(".csv")}
            needed.add("result.json")
            wrong = [n for n, sha in data.digests.items() if read.sha(n) != sha]
            wrong += sorted(needed - set(data.digests))
            if wrong:
                return False, f"not what the closing event names: {', '.join(wrong[:3])}"
    return True, "plan, samples and result are bound into the chain"


def _one_run(read: Reading) -> Answer:
    seal, intent = read.seal, read.json("intent.json")
    ids, drills, numbers = {seal.run_id, str(intent["run_id"])}, {seal.drill, intent["drill"]}, {
        seal.run_no, intent["run_no"],
    }  # fmt: skip
    drills.add(read.plan.drill)
    played = {seal.evidence == "SIMULATED", intent["simulated"], read.plan.simulated}
    for event in read.events:
        if isinstance(event.data, RunCreated):
            played.add(event.data.simulated)
            drills.add(event.data.drill)
    if "stage.json" in read.files:
        played.add(read.json("stage.json")["simulated"])
    if seal.status == "complete":
        result = read.json("result.json")
        ids.add(result["run_id"])
        drills.add(result["drill"])
        played.add(result["simulated"])
    if len(played) != 1 or seal.evidence not in {"SIMULATED", "real"}:
        return False, "the files do not agree whether this was simulated"
    if len(ids) != 1 or len(drills) != 1 or len(numbers) != 1:
        return False, f"the files speak of several runs: {', '.join(sorted(map(str, ids)))}"
    return True, f"every file speaks of run {seal.run_id}, {seal.evidence}"


def _asked(read: Reading) -> Answer:
    if read.against.run is None:
        return None, "nobody said which run this should be"
    if read.against.run != read.seal.run_id:
        return False, f"this is {read.seal.run_id}; asked for was {read.against.run}"
    return True, "it is the run that was asked for"


def _intent(read: Reading) -> Answer:
    if INTENT_SIGNATURE not in read.files:
        return None, "the intent was not signed"
    by = read.signer("intent.json", INTENT_SIGNATURE, INTENT)
    if by is None:
        return None, "the intent is signed; without a signers file by nobody"
    return True, f"the intent is signed by {by}"


def _register(read: Reading) -> Answer:
    if read.against.register is None:
        return None, "no register was given"
    entries = read.register
    heads = [digest(entry_line(entry)) for entry in entries]
    if read.against.head is not None and read.against.head not in heads:
        return False, "the register does not contain the head that was handed over"
    head = heads[-1] if heads else NOTHING
    return True, f"the register's chain is whole: {len(entries)} entries, head {head[:16]}"


def _registered(read: Reading) -> Answer:
    if read.against.register is None:
        return None, "no register was given"
    intent, seal = read.sha("intent.json"), read.sha(SEAL_FILE)
    added = {n: read.sha(n) for n in read.files if is_later(n)}
    wrong = registered(read.register, read.seal, intent, seal, added)
    return not wrong, wrong or "intent, seal and what came later are the registered ones"


def _answered(read: Reading) -> Answer:
    if read.against.register is None:
        return None, "no register was given"
    return intents_answered(read.register)


def _figures(read: Reading) -> Answer:
    if read.seal.status != "complete":
        return True, "nothing was concluded: the run is incomplete"
    wrong = differences(
        read.plan, read.events, read.files, read.against.provider_reported(read.plan)
    )
    return not wrong, wrong or "every figure and verdict, computed again, is the same"


def _says(read: Reading) -> Answer:
    seal = read.seal
    if seal.status != "complete":
        said: tuple[object, ...] = ("incomplete", "none")
        ends = (read.events[0].t, read.events[-1].t) if read.events else (seal.started, seal.ended)
    else:
        result = read.json("result.json")
        objectives = " ".join(f"{o['id']}={o['verdict']}" for o in result["objectives"])
        said = (result["verdict"], objectives or "none")
        ends = (result["started"], result["ended"])
    if (seal.overall, seal.objectives, seal.started, seal.ended) != (*said, *ends):
        return False, "the seal does not say what the evidence says"
    return True, f"the seal says what the evidence says: {seal.overall}"


CHECKS: dict[int, Callable[[Reading], Answer]] = {
    1: _seal, 2: _approval, 3: _manifest, 4: _files, 5: _unlisted, 6: _chain, 7: _head, 8: _bound,
    9: _one_run, 10: _asked, 11: _intent, 12: _register, 13: _registered, 14: _answered,
    15: _figures, 16: _says, 17: later.addenda, 18: later.intent_stamp, 19: later.seal_stamp,
    20: later.p256, 21: witnessed,
}  # fmt: skip

_TITLES = {
    1: "the seal", 2: "the approval", 3: "the manifest", 4: "the listed files",
    5: "files beside the listed ones", 6: "the chain of events", 7: "the end of the chain",
    8: "what is bound into the chain", 9: "one run throughout", 10: "the run asked for",
    11: "the intent's signature", 12: "the register", 13: "the register's entries of this run",
    14: "the outcomes in the register", 15: "the figures", 16: "what the seal says",
    17: "the addenda", 18: "the timestamp of the intent", 19: "the timestamp of the seal",
    20: "the signature of a P-256 key", 21: "the provider's records",
}  # fmt: skip
