"""The texts of a seal: each has one form, and nothing else is one."""

from dataclasses import fields, replace
from typing import Any, cast

import pytest

from dr.core.registered import intents_answered
from dr.core.seal import (
    NOTHING,
    Addendum,
    Damaged,
    Entry,
    Seal,
    listed,
    live,
    manifest_text,
    parse_addendum,
    parse_manifest,
    parse_seal,
    safe_name,
    text_of,
)

SHA = "ab" * 32
SEAL = Seal(
    "toy-0001", 1, "toy", "real", "complete", "t0", "t1", "pass", "rto=pass",
    SHA, SHA, SHA, 7, SHA, NOTHING, SHA, "t2", "dr 1", "nobody",
)  # fmt: skip
ADDENDUM = Addendum("toy-0001", 1, SHA, SHA, "a.md", SHA, "actions", "t", "ada", "nobody")


def test_what_is_written_is_read_again() -> None:
    assert parse_seal(text_of(SEAL)) == SEAL
    assert parse_addendum(text_of(ADDENDUM)) == ADDENDUM
    assert len(text_of(SEAL)) < 4096


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("drill-evidence-seal v1", "drill-evidence-seal v2"),
        ("run_no: 1", "run_no: 01"),
        ("run_no: 1", "run_no: one"),
        (f"plan_sha256: {SHA}", f"plan_sha256: {SHA.upper()}"),
        ("overall: pass", "overall:pass"),
        ("overall: pass", "overall: "),
        ("overall: pass", "overall: p\x1bss"),
        ("overall: pass", "overall: päss"),
        ("overall: pass\n", ""),
        ("overall: pass\n", "overall: pass\noverall: pass\n"),
        ("signed_by: nobody\n", "signed_by: nobody"),
        ("signed_by: nobody\n", "signed_by: nobody\n\n"),
    ],
)
def test_a_seal_of_another_form_is_none(old: str, new: str) -> None:
    text = text_of(SEAL).decode()
    assert old in text
    with pytest.raises(Damaged):
        parse_seal(text.replace(old, new, 1).encode())


@pytest.mark.parametrize("name", [f.name for f in fields(Seal) if f.name != "run_no"])
def test_no_field_can_smuggle_in_another_line(name: str) -> None:
    with pytest.raises(Damaged):
        text_of(replace(SEAL, **cast("dict[str, Any]", {name: "x\noverall: pass"})))


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../b", "a//b", "./a", "a/", "", "a b", "a\nb", "a\x1bb", ".", "ä"]
)
def test_a_name_that_leaves_the_bundle_or_steers_is_unsafe(name: str) -> None:
    assert not safe_name(name)
    with pytest.raises(Damaged):
        manifest_text({name: SHA})
    with pytest.raises(Damaged):
        parse_manifest(f"{SHA}  {name}\n".encode())


def test_a_manifest_is_read_in_its_own_order_only() -> None:
    text = manifest_text({"b": SHA, "a/c": SHA, "Z": SHA})
    assert list(parse_manifest(text)) == ["Z", "a/c", "b"]
    for other in (b"", text[:-1], text + text, b"".join(reversed(text.splitlines(True)))):
        with pytest.raises(Damaged):
            parse_manifest(other)


@pytest.mark.parametrize("name", ["SEAL.txt", "MANIFEST.sha256", "journal.db", "addenda/0001/x"])
def test_a_manifest_does_not_list_what_is_outside_of_it(name: str) -> None:
    with pytest.raises(Damaged):
        parse_manifest(f"{SHA}  {name}\n".encode())


def test_evidence_is_listed_and_what_only_serves_the_program_is_not() -> None:
    for name in ("samples/probes.csv", "samples/observer.spec.json", "samples/observer.end.json"):
        assert listed(name)
    for name in ("journal.db-wal", "owner.lock", "children/x/pid", "samples/observer.json"):
        assert live(name)
        assert not listed(name)
    assert not live("x/journal.db")


def entry(n: int, kind: str, run: str) -> Entry:
    return Entry(n, SHA, kind, run, 1, SHA, "t")


@pytest.mark.parametrize(
    ("entries", "ok", "said"),
    [
        ([], True, "each of 0"),
        ([entry(1, "intent", "a"), entry(2, "seal", "a")], True, "each of 1"),
        ([entry(1, "intent", "a"), entry(2, "abandoned", "a")], True, "abandoned: a"),
        ([entry(1, "intent", "a")], False, "without an outcome: a"),
        ([entry(1, "seal", "a")], False, "never registered"),
        ([entry(1, "intent", "a"), entry(2, "intent", "a")], False, "twice"),
    ],
)
def test_every_registered_run_needs_an_outcome(
    entries: list[Entry], *, ok: bool, said: str
) -> None:
    found, text = intents_answered(entries)

    assert found is ok
    assert said in text
