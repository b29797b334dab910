"""What a register says of one run, and whether it is complete."""

from collections.abc import Mapping, Sequence

from dr.core.seal import NOTHING, Entry, Seal


def registered(
    entries: Sequence[Entry], seal: Seal, intent: str, sealed: str, later: Mapping[str, str]
) -> str:
    """Say what does not fit between a register and a bundle; "" if everything does.

    intent, sealed: digests of the intent and of the seal. later: digests of what came after the
    seal, by name.

    1. One intent, this one, with this number.
    2. The last seal is this one; older ones were of the run while it was incomplete.
    3. Everything that came later is there, and nothing else.
    """
    mine = [entry for entry in entries if entry.run_id == seal.run_id]
    return _intent(mine, seal, intent) or _seals(mine, seal, sealed) or _later(mine, later)


def _intent(mine: Sequence[Entry], seal: Seal, intent: str) -> str:
    intents = [(e.sha256, e.run_no) for e in mine if e.kind == "intent"]
    if intents != [(intent, seal.run_no)] or mine[0].kind != "intent":
        return "the registered intent is not this one"
    return ""


def _seals(mine: Sequence[Entry], seal: Seal, sealed: str) -> str:
    seals = [e for e in mine if e.kind == "seal"]
    if not seals or (seals[-1].sha256, seals[-1].note) != (sealed, seal.status):
        return "the registered seal is not this one"
    if seals[-1].prev != seal.register_prev_sha256:
        return "the seal was registered at another place than it says"
    older = [e.sha256 for e in seals[:-1]]
    if any(e.note != "incomplete" for e in seals[:-1]) or any(e.kind == "abandoned" for e in mine):
        return "the register holds another outcome of this run"
    if seal.replaces_sha256 != (older[-1] if older else NOTHING):
        return "the seal does not replace the one that was registered before"
    return ""


def _later(mine: Sequence[Entry], later: Mapping[str, str]) -> str:
    sealed_at = max(e.n for e in mine if e.kind == "seal")
    added = [(e.note, e.sha256) for e in mine if e.kind == "addendum" and e.n > sealed_at]
    if sorted(added) != sorted(later.items()):
        return "what was added after the seal is not what was registered"
    return ""


def intents_answered(entries: Sequence[Entry]) -> tuple[bool, str]:
    """Say whether every run that was ever meant has an outcome."""
    runs = [e.run_id for e in entries if e.kind == "intent"]
    sealed = {e.run_id for e in entries if e.kind == "seal"}
    given_up = {e.run_id for e in entries if e.kind == "abandoned"}
    if len(set(runs)) != len(runs):
        return False, "the register counts a run twice"
    unknown = sorted((sealed | given_up) - set(runs))
    if unknown:
        return False, f"outcomes of runs that were never registered: {', '.join(unknown[:3])}"
    missing = [run for run in runs if run not in sealed | given_up]
    if missing:
        return False, f"runs without an outcome: {', '.join(missing[:3])}"
    text = f"each of {len(runs)} registered runs has an outcome"
    return True, f"{text}; abandoned: {', '.join(sorted(given_up))}" if given_up else text
