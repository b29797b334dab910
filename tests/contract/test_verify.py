"""Evidence under attack: three verifiers that share no code must say the same of every bundle."""

import json
import random
import shutil
import stat
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from dr.core.canonical import canonical
from dr.core.lines import digest
from dr.core.seal import (
    ADDENDUM,
    APPROVAL,
    APPROVAL_SIGNATURE,
    INTENT_SIGNATURE,
    INTENT_STAMP,
    MANIFEST_FILE,
    NOTHING,
    P256_SIGNATURE,
    SEAL_FILE,
    SEAL_SIGNATURE,
    SEAL_STAMP,
    Entry,
    entry_line,
    head_of,
    parse_manifest,
    parse_register,
    parse_seal,
)
from dr.model import event as ev
from dr.model.drill import Objectives, RecoveryPoint, RecoveryTime
from dr.model.event import Way
from dr.model.plan import KindPackage
from dr.model.progress import Doubt
from dr.model.units import Duration
from dr.stores.additions import add
from dr.stores.files import sha256_of
from dr.stores.sealing import seal
from tests.contract import verifiers
from tests.contract.bundles import Case, Place, a_case
from tests.contract.forging import (
    World,
    better,
    edit,
    rebuilt,
    registers,
    resealed,
    sealed_world,
    spoil,
    write_register,
)
from tests.contract.restarts import rebooted, unsynchronised
from tests.contract.verifiers import NOT_VERIFIED, UNCHECKED, VERIFIED, Given, verdicts
from tests.unit.reboots import Pairing
from tests.unit.report_world import S, at

SEED = 20261123


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> World:
    return sealed_world(tmp_path_factory.mktemp("evidence"))


# The attacks: what is done, and checks at least one of which must fail -------------------------

Attack = Callable[[World], None]
ATTACKS: dict[str, tuple[Attack, set[int]]] = {}


def attack(*checks: int) -> Callable[[Attack], Attack]:
    def known(function: Attack) -> Attack:
        ATTACKS[function.__name__] = (function, set(checks))
        return function

    return known


def events(world: World, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path = world.bundle / "events.jsonl"
    lines = change(path.read_bytes().splitlines())
    path.write_bytes(b"".join(line + b"\n" for line in lines))


@attack(6)
def an_event_is_removed(world: World) -> None:
    events(world, lambda lines: lines[:7] + lines[8:])


@attack(6)
def two_events_change_places(world: World) -> None:
    events(world, lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]])


@attack(7)
def the_journal_is_truncated(world: World) -> None:
    events(world, lambda lines: lines[:-3])


@attack(6)
def an_event_is_doubled(world: World) -> None:
    events(world, lambda lines: [*lines[:5], lines[4], *lines[5:]])


@attack(6)
def the_last_line_end_is_cut_off(world: World) -> None:
    path = world.bundle / "events.jsonl"
    path.write_bytes(path.read_bytes()[:-1])


@attack(5)
def a_file_is_added(world: World) -> None:
    (world.bundle / "report-final.html").write_text("everything went well")


@attack(4)
def a_file_is_deleted(world: World) -> None:
    (world.bundle / "samples/marks.csv").unlink()


@attack(4)
def a_file_is_truncated(world: World) -> None:
    path = world.bundle / "samples/probes.csv"
    path.write_bytes(path.read_bytes()[:2000])


@attack(3)
def the_manifest_forgets_a_file(world: World) -> None:
    path = world.bundle / MANIFEST_FILE
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "marks.csv" not in line))


@attack(4)
def the_manifest_leaves_the_bundle(world: World) -> None:
    outside = world.bundle.parent / "outside"
    outside.write_text("x")
    path = world.bundle / MANIFEST_FILE
    path.write_text(f"{sha256_of(outside)}  ../outside\n{path.read_text()}")


@attack(4)
def the_manifest_names_an_absolute_path(world: World) -> None:
    path = world.bundle / MANIFEST_FILE
    path.write_text(f"{sha256_of(Path('/etc/passwd'))}  /etc/passwd\n{path.read_text()}")


@attack(4)
def the_manifest_steers_the_terminal(world: World) -> None:
    path = world.bundle / MANIFEST_FILE
    path.write_bytes(b"0" * 64 + b"  \x1b[2J\x1b]0;VERIFIED\x07\n" + path.read_bytes())


@attack(5)
def a_name_steers_the_terminal(world: World) -> None:
    (world.bundle / "\x1b[2K\x1b[1Aok    1 the seal is signed").write_text("")


@attack(5)
def a_file_is_replaced_by_a_link_to_itself(world: World) -> None:
    path = world.bundle / "result.json"
    path.rename(world.bundle.parent / "result.json")
    path.symlink_to("../result.json")


@attack(5)
def a_folder_is_a_link(world: World) -> None:
    path = world.bundle / "samples"
    path.rename(world.bundle.parent / "samples")
    path.symlink_to("../samples")


@attack(5)
def a_link_lies_beside(world: World) -> None:
    (world.bundle / "passwd").symlink_to("/etc/passwd")


@attack(5)
def a_link_is_called_children(world: World) -> None:
    (world.bundle / "children").symlink_to("/etc")


@attack(5)
def a_pipe_lies_beside(world: World) -> None:
    import os

    os.mkfifo(world.bundle / "pipe")


@attack(10, 13)
def another_run_is_handed_over(world: World) -> None:
    shutil.rmtree(world.bundle)
    world.other.rename(world.bundle)


@attack(3)
def the_seal_of_another_run_is_put_in(world: World) -> None:
    for name in (SEAL_FILE, SEAL_SIGNATURE):
        shutil.copy(world.other / name, world.bundle / name)


@attack(3)
def the_result_of_another_run_is_put_in(world: World) -> None:
    for name in ("result.json", MANIFEST_FILE):
        shutil.copy(world.other / name, world.bundle / name)


@attack(1)
def the_signature_is_removed(world: World) -> None:
    (world.bundle / SEAL_SIGNATURE).unlink()


@attack(1)
def the_verdict_in_the_seal_is_edited(world: World) -> None:
    edit(world.bundle / SEAL_FILE, "objectives: rto=pass rpo=pass", "objectives: rto=pass")


@attack(1)
def a_field_is_added_to_the_seal(world: World) -> None:
    path = world.bundle / SEAL_FILE
    path.write_text(f"{path.read_text()}approved_by: the board\n")


@attack(1)
def the_approval_is_used_as_the_seal(world: World) -> None:
    shutil.copy(world.bundle / APPROVAL_SIGNATURE, world.bundle / SEAL_SIGNATURE)


@attack(2)
def the_seal_is_used_as_the_approval(world: World) -> None:
    shutil.copy(world.bundle / SEAL_SIGNATURE, world.bundle / APPROVAL_SIGNATURE)


@attack(2)
def the_runner_approves_itself(world: World) -> None:
    text = (world.bundle / SEAL_FILE).read_bytes()
    signature = world.place.key().sign(text, APPROVAL)
    (world.bundle / APPROVAL_SIGNATURE).write_bytes(signature)


@attack(13)
def the_approval_is_removed(world: World) -> None:
    (world.bundle / APPROVAL_SIGNATURE).unlink()


@attack(13, 17)
def an_addendum_is_removed(world: World) -> None:
    shutil.rmtree(world.bundle / "addenda")


@attack(17)
def an_addendum_is_edited(world: World) -> None:
    edit(world.bundle / "addenda/0001/actions.md", "2026-12-01", "2029-12-01")


@attack(13, 17)
def an_addendum_is_added_unregistered(world: World) -> None:
    shutil.copytree(world.bundle / "addenda/0002", world.bundle / "addenda/0003")


@attack(17)
def a_file_is_slipped_into_an_addendum(world: World) -> None:
    (world.bundle / "addenda/0001/more.md").write_text("accepted by the board")


@attack(1)
def a_stranger_makes_all_of_it_anew(world: World) -> None:
    better(world)
    rebuilt(world, key=world.stranger, register=False)


@attack(1)
def somebody_without_a_key_makes_all_of_it_anew(world: World) -> None:
    better(world)
    rebuilt(world, key=None, register=False)


@attack(13, 15)
def an_insider_edits_the_recovery_time(world: World) -> None:
    better(world)
    rebuilt(world, key=world.place.key(), register=False)


@attack(15)
def an_insider_edits_the_recovery_time_and_the_register(world: World) -> None:
    better(world)
    rebuilt(world, key=world.place.key(), register=True)


@attack(15)
def an_insider_edits_the_data_loss_and_the_register(world: World) -> None:
    path = world.bundle / "samples/found.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:10]))
    rebuilt(world, key=world.place.key(), register=True)


@attack(15)
def an_insider_moves_the_target_and_the_register(world: World) -> None:
    path = world.bundle / "result.json"
    result = json.loads(path.read_bytes())
    result["objectives"][0]["target_ms"] = 999_000
    path.write_bytes(canonical(result))
    rebuilt(world, key=world.place.key(), register=True)


@attack(9)
def an_insider_sells_a_simulation_as_real(world: World) -> None:
    edit(world.bundle / "stage.json", "false", "true")
    rebuilt(world, key=world.place.key(), register=True)


@attack(12)
def the_register_loses_its_first_entry(world: World) -> None:
    registers(world, lambda lines: lines[1:])


@attack(13, 14)
def the_register_is_cut_before_the_seal(world: World) -> None:
    registers(world, lambda lines: lines[:3])


@attack(12)
def entries_of_the_register_change_places(world: World) -> None:
    registers(world, lambda lines: [lines[0], lines[2], lines[1], *lines[3:]])


def dropped(world: World, *, outcome_only: bool) -> None:
    """Take the failed run out of the register, and chain what is left anew."""
    assert world.given.register is not None
    entries, prev = list[Entry](), NOTHING
    for entry in parse_register(world.given.register.read_bytes()):
        if entry.run_id != world.given.run and (not outcome_only or entry.kind != "intent"):
            continue
        entries.append(replace(entry, n=len(entries) + 1, prev=prev))
        prev = digest(entry_line(entries[-1]))
    write_register(world, entries)


@attack(14)
def the_outcome_of_a_failed_run_is_dropped(world: World) -> None:
    dropped(world, outcome_only=True)


@attack(12, 13)
def a_failed_run_is_dropped_altogether(world: World) -> None:
    dropped(world, outcome_only=False)


@attack(12)
def the_register_is_not_one(world: World) -> None:
    assert world.given.register is not None
    world.given.register.write_text("[]\n{}\nnull\n")


@attack(6)
def the_journal_is_nested_beyond_measure(world: World) -> None:
    (world.bundle / "events.jsonl").write_text("[" * 100_000 + "\n")


@attack(8, 15)
def the_plan_is_no_json(world: World) -> None:
    (world.bundle / "plan.json").write_bytes(b"\xff\xfe{")


@attack(4)
def the_manifest_lists_a_file_twice(world: World) -> None:
    path = world.bundle / MANIFEST_FILE
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines]))


@attack(4)
def the_manifest_writes_a_name_in_another_way(world: World) -> None:
    path = world.bundle / MANIFEST_FILE
    path.write_text(path.read_text().replace("  result.json", "  ./result.json"))


@attack(4)
def the_manifest_escapes_a_name(world: World) -> None:
    path = world.bundle / MANIFEST_FILE
    path.write_text("\\" + path.read_text().replace("  result.json", "  result\\n.json"))


@attack(4)
def a_file_is_a_folder(world: World) -> None:
    path = world.bundle / "result.json"
    path.unlink()
    path.mkdir()


@attack(5)
def a_name_differs_in_case_only(world: World) -> None:
    shutil.copy(world.bundle / "result.json", world.bundle / "Result.json")


@attack(5)
def a_name_looks_like_another(world: World) -> None:
    shutil.copy(
        world.bundle / "result.json", world.bundle / "result\N{CYRILLIC SMALL LETTER ES}.json"
    )


@attack(5)
def a_file_is_called_children(world: World) -> None:
    (world.bundle / "children").write_text("no folder of the running program")


@attack(5)
def links_run_in_a_circle(world: World) -> None:
    (world.bundle / "round").symlink_to(".")


@attack(1, 5)
def the_seal_is_a_link(world: World) -> None:
    path = world.bundle / SEAL_FILE
    path.rename(world.bundle.parent / SEAL_FILE)
    path.symlink_to(f"../{SEAL_FILE}")


@attack(1)
def the_seal_has_other_line_ends(world: World) -> None:
    path = world.bundle / SEAL_FILE
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


@attack(1)
def something_follows_the_signature(world: World) -> None:
    path = world.bundle / SEAL_SIGNATURE
    path.write_bytes(path.read_bytes() + b"and all is well\n")


@attack(1)
def a_line_of_the_signature_is_empty(world: World) -> None:
    path = world.bundle / SEAL_SIGNATURE
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\n", 1))


@attack(1)
def the_signature_of_the_intent_is_used_as_the_seals(world: World) -> None:
    shutil.copy(world.bundle / "intent.json.sig", world.bundle / SEAL_SIGNATURE)


@attack(8)
def another_plan_is_put_in(world: World) -> None:
    edit(world.bundle / "plan.json", '"environment":"production"', '"environment":"staging"')
    resealed(world, key=world.place.key(), register=True)


@attack(17)
def addenda_change_places(world: World) -> None:
    place = world.bundle / "addenda"
    (place / "0001").rename(place / "0003")
    (place / "0002").rename(place / "0001")
    (place / "0003").rename(place / "0002")


@attack(13)
def the_last_addendum_is_removed(world: World) -> None:
    shutil.rmtree(world.bundle / "addenda/0002")


@attack(17)
def an_addendum_is_signed_by_a_stranger(world: World) -> None:
    place = world.bundle / "addenda/0002"
    text = (place / "ADDENDUM.txt").read_bytes()
    (place / "ADDENDUM.txt.sig").write_bytes(world.stranger.sign(text, ADDENDUM))


@attack(17)
def an_addendum_is_signed_by_another_hand_than_it_names(world: World) -> None:
    place = world.bundle / "addenda/0002"
    text = (place / "ADDENDUM.txt").read_bytes()
    made = world.place.key("reviewer").sign(text, ADDENDUM)
    (place / "ADDENDUM.txt.sig").write_bytes(made)


@attack(17)
def an_addendum_leads_out_of_the_bundle(world: World) -> None:
    edit(world.bundle / "addenda/0001/ADDENDUM.txt", "file: actions.md", "file: ../../drill.yaml")


@attack(12)
def a_run_is_registered_twice(world: World) -> None:
    registers(world, lambda lines: [*lines, lines[0]])


@attack(13)
def the_register_of_another_home_is_handed_over(world: World) -> None:
    other = Place.at(world.bundle.parent / "another")
    other.closed(a_case(down=(0.9, 190), end=320))
    other.closed(a_case())
    assert world.given.register is not None
    shutil.copy(other.register, world.given.register)


@attack(13, 19)
def the_timestamp_of_the_intent_is_used_as_the_seals(world: World) -> None:
    shutil.copy(world.bundle / INTENT_STAMP, world.bundle / SEAL_STAMP)


@attack(13)
def the_timestamp_is_removed(world: World) -> None:
    (world.bundle / SEAL_STAMP).unlink()


@attack(13, 20)
def the_signature_of_the_kms_key_is_another(world: World) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made = key.sign((world.bundle / SEAL_FILE).read_bytes(), ec.ECDSA(SHA256()))
    (world.bundle / P256_SIGNATURE).write_bytes(made)


@attack(19)
def an_insider_makes_it_anew_under_the_old_timestamp(world: World) -> None:
    old = (world.bundle / SEAL_STAMP).read_bytes()
    edit(world.bundle / "drill.yaml", "orders", "stores")
    resealed(world, key=world.place.key(), register=True)
    (world.bundle / SEAL_STAMP).write_bytes(old)


@attack(13)
def an_insider_makes_it_anew_under_a_fresh_timestamp(world: World) -> None:
    edit(world.bundle / "drill.yaml", "orders", "stores")
    resealed(world, key=world.place.key(), register=False)
    stamp = world.authority.stamp((world.bundle / SEAL_SIGNATURE).read_bytes())
    (world.bundle / SEAL_STAMP).write_bytes(stamp)


# A bundle is handed over packed: whoever unpacks it gets what the archive holds.


def packed(world: World, change: Callable[[zipfile.ZipFile], None]) -> None:
    """Pack the bundle, let somebody change the archive, and unpack it again."""
    archive = world.bundle.parent / "bundle.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for path in sorted(world.bundle.rglob("*")):
            if path.is_file():
                made.write(path, path.relative_to(world.bundle).as_posix())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a name that is there twice
            change(made)
    shutil.rmtree(world.bundle)
    with zipfile.ZipFile(archive) as made:
        made.extractall(world.bundle)


@attack(4)
def an_archive_holds_a_name_twice(world: World) -> None:
    packed(world, lambda made: made.writestr("result.json", b"{}"))


@attack(5)
def an_archive_leads_out_of_itself(world: World) -> None:
    packed(world, lambda made: made.writestr("../../outside.txt", b"x"))


@attack(4)
def an_archive_holds_a_link(world: World) -> None:
    def link(made: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("result.json")
        entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, b"/etc/passwd")

    packed(world, link)


def test_there_are_attacks_enough() -> None:
    assert len(ATTACKS) >= 70


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_every_verifier_sees_it(sealed: World, tmp_path: Path, name: str) -> None:
    world = sealed.copy(tmp_path / "copy")
    act, checks = ATTACKS[name]
    act(world)

    for who, said in verdicts(world.bundle, world.given).items():
        assert said.code == NOT_VERIFIED, f"{who}: {said.out}"
        assert said.failed & checks, f"{who}: {said.out}"
        assert "\x1b" not in said.out


def test_nothing_is_wrong_with_what_was_not_attacked(sealed: World) -> None:
    for bundle in (sealed.bundle, sealed.other):
        given = replace(sealed.given, head=sealed.head, run=None)
        for who, said in verdicts(bundle, given).items():
            assert said.code == VERIFIED, f"{who}: {said.out}"


def test_verify_py_needs_nothing_of_this_environment(sealed: World, tmp_path: Path) -> None:
    world = sealed.copy(tmp_path / "copy")
    assert verifiers.python_alone(world.bundle, world.given).code == VERIFIED
    an_insider_edits_the_recovery_time_and_the_register(world)
    said = verifiers.python_alone(world.bundle, world.given)
    assert said == verifiers.python(world.bundle, world.given)
    assert said.failed == {15}


QUICK = {name: ask for name, ask in verifiers.ALL.items() if name != "verify.sh"}


def places(bundle: Path) -> list[str]:
    return sorted(p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file())


def test_one_flipped_bit_is_seen_wherever_it_is(sealed: World, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    world = sealed.copy(tmp_path / "copy")
    manifest = parse_manifest((world.bundle / MANIFEST_FILE).read_bytes())
    for name in places(world.bundle):
        asked = QUICK if name in manifest else verifiers.ALL  # the rest of those: the next test
        whole = (world.bundle / name).read_bytes()
        for _ in range(2):
            spoil(world.bundle / name, rng)
            for who, ask in asked.items():
                said = ask(world.bundle, world.given)
                assert said.code == NOT_VERIFIED, f"{who}, {name}, seed {SEED}: {said.out}"
            (world.bundle / name).write_bytes(whole)


def test_verify_sh_names_each_listed_file_with_a_flipped_bit(sealed: World, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    world = sealed.copy(tmp_path / "copy")
    names = sorted(parse_manifest((world.bundle / MANIFEST_FILE).read_bytes()))
    for some in [names[n : n + 6] for n in range(0, len(names), 6)] * 2:
        whole = {name: (world.bundle / name).read_bytes() for name in some}
        for name in some:
            spoil(world.bundle / name, rng)
        said = verifiers.shell(world.bundle, world.given)
        (four,) = [line for line in said.out.splitlines() if line.startswith("FAIL  4")]
        assert said.code == NOT_VERIFIED
        assert four.split(") ")[1].split() == some, f"seed {SEED}: {said.out}"
        for name, data in whole.items():
            (world.bundle / name).write_bytes(data)


def test_one_flipped_bit_in_the_register_is_seen(sealed: World, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    world = sealed.copy(tmp_path / "copy")
    assert world.given.register is not None
    whole = world.given.register.read_bytes()
    given = replace(world.given, head=world.head)
    for _ in range(6):
        spoil(world.given.register, rng)
        for who, said in verdicts(world.bundle, given).items():
            assert said.code == NOT_VERIFIED, f"{who}: {said.out}"
        world.given.register.write_bytes(whole)


# What the documentation says is undetectable, and what detects it after all --------------------


def lying(world: World) -> None:
    """Make a better run altogether, as an insider: samples, result, chain, seal, register."""
    run = Place.at(world.bundle.parent / "again", signed=False)
    shutil.copytree(world.place.keys.path, run.keys.path)
    run.closed(a_case(down=(0.9, 190), end=320))
    made = run.closed(a_case(down=(0.9, 5)))
    shutil.rmtree(world.bundle)
    run.exported(made, world.bundle)
    assert world.given.register is not None
    shutil.copy(run.register, world.given.register)


def cut(world: World) -> None:
    """Cut off the end of the register, and with it what it says of the approval."""
    registers(world, lambda lines: lines[:-1])
    (world.bundle / APPROVAL_SIGNATURE).unlink()


def stripped(world: World) -> None:
    """Take away all that came after the seal, and all that the register says of it."""
    registers(world, lambda lines: lines[:4])
    for name in (APPROVAL_SIGNATURE, SEAL_STAMP, P256_SIGNATURE):
        (world.bundle / name).unlink()
    shutil.rmtree(world.bundle / "addenda")


def lying_by_an_authoritys_clock(world: World) -> None:
    """Make a better run altogether, and have it stamped: by then it is later, and nothing else."""
    lying(world)
    stamp = world.authority.stamp((world.bundle / SEAL_SIGNATURE).read_bytes())
    (world.bundle / SEAL_STAMP).write_bytes(stamp)
    seal_ = parse_seal((world.bundle / SEAL_FILE).read_bytes())
    sha = sha256_of(world.bundle / SEAL_STAMP)
    assert world.given.register is not None
    entries = parse_register(world.given.register.read_bytes())
    last = Entry(
        len(entries) + 1, head_of(entries), "addendum", seal_.run_id, seal_.run_no, sha,
        seal_.sealed_at, SEAL_STAMP,
    )  # fmt: skip
    write_register(world, [*entries, last])


@pytest.mark.parametrize("undetectable", [lying, lying_by_an_authoritys_clock, cut, stripped])
def test_what_is_undetectable_is_so_until_somebody_outside_has_kept_a_head(
    sealed: World, tmp_path: Path, undetectable: Attack
) -> None:
    world = sealed.copy(tmp_path / "copy")
    undetectable(world)

    for who, said in verdicts(world.bundle, world.given).items():
        assert said.code == VERIFIED, f"{who}: {said.out}"
    for who, said in verdicts(world.bundle, replace(world.given, head=world.head)).items():
        assert said.failed == {12}, f"{who}: {said.out}"


def test_a_wrong_clock_is_undetectable_until_an_authority_has_stamped_the_intent(
    sealed: World, tmp_path: Path
) -> None:
    place = Place.at(tmp_path / "home")
    run = place.begun(a_case())  # a story of another day
    stamp = sealed.authority.stamp((run.path / INTENT_SIGNATURE).read_bytes())
    stamped = Path(shutil.copytree(run.path.parent.parent, tmp_path / "stamped"))
    place.ended(run)
    given = Given(place.signers(), place.register, tsa=sealed.given.tsa)
    for who, said in verdicts(run.path, given).items():
        assert said.code == VERIFIED, f"{who}: {said.out}"

    other = Place(type(place.home)(stamped), place.clock)
    (again,) = other.home.runs()
    again.write(INTENT_STAMP, stamp)
    other.ended(again)
    given = replace(given, register=other.register)
    for who, said in verdicts(again.path, given).items():
        assert said.failed == {18}, f"{who}: {said.out}"


# Bundles of every kind -------------------------------------------------------------------------


def with_objectives(case: Case, rto: dict[str, Any], rpo: dict[str, Any] | None = None) -> Case:
    time = {"target": Duration(180 * S), "probe": "storefront", **rto}
    point = RecoveryPoint(**{"target": Duration(5 * S), "marks": "orders", **(rpo or {})})
    wanted = Objectives(rto=RecoveryTime(**time), rpo=point)
    return replace(case, plan=case.plan.model_copy(update={"objectives": wanted}))


def stopped(case: Case) -> Case:
    stop = (at(20), ev.StopRequested(who="ada", why="enough"))
    story = sorted([*case.story, stop], key=lambda one: one[0])
    return replace(case, story=tuple(story))


def restarted(case: Case) -> Case:
    again = (at(100), ev.RunAdopted(owner="o", boot_id="other", why="resume"))
    return replace(case, story=tuple(sorted([*case.story, again], key=lambda one: one[0])))


def contradicting() -> tuple[Pairing, ...]:
    """Set the wall clock in the middle of a boot."""
    return (Pairing(at(-29)), Pairing(at(0.5), wrong_us=9 * S), Pairing(at(130)))


def idle(case: Case) -> Case:
    story = tuple(
        (t, d.model_copy(update={"noop": True}))
        if isinstance(d, ev.StepSettled) and d.step == "evacuate" and d.way is Way.FORWARD
        else (t, d)
        for t, d in case.story
    )
    return replace(case, story=story)


def in_doubt(case: Case) -> Case:
    """Lose the answer to the disruption."""
    story = [
        (t, d)
        for t, d in case.story
        if not (isinstance(d, ev.StepRequested) and d.step == "dark-zone" and d.way is Way.FORWARD)
    ]
    return replace(case, story=tuple(story))


def said_to_have_happened(case: Case, answer: str) -> Case:
    """Let a person say what became of the disruption, whose answer was lost for good."""
    told: list[tuple[int, ev.Data]] = []
    asked = case if answer == "retry" else in_doubt(case)
    for t, d in asked.story:
        told.append((t, d))
        if isinstance(d, ev.StepIntended) and d.step == "dark-zone":
            both: dict[str, Any] = {"step": "dark-zone", "way": Way.FORWARD}
            told += [
                (t + 1, ev.StepDoubted(**both, why="the reply was lost")),
                (t + 2, ev.StepHeld(**both, question="Did it happen?")),
                (t + S // 50, ev.StepResolved(**both, answer=answer, who="ada")),
            ]
    return replace(case, story=tuple(sorted(told, key=lambda one: one[0])))


def from_two_places(case: Case) -> Case:
    probes = tuple(
        p.model_copy(update={"vantages": ("10.0.0.1", "10.0.0.2")}) if p.id == "storefront" else p
        for p in case.plan.probes
    )
    spread = tuple(
        replace(s, vantage=place) if s.probe == "storefront" else s
        for s in case.samples
        for place in (("10.0.0.1", "10.0.0.2") if s.probe == "storefront" else ("",))
        if place != "10.0.0.2" or s.seq % 7
    )
    plan = case.plan.model_copy(update={"probes": probes})
    return replace(case, plan=plan, samples=spread)


def of_another_package(case: Case, *, reported: bool) -> Case:
    """Let the judged probe be of a kind that nobody who verifies has installed."""
    probes = tuple(
        p.model_copy(update={"kind": "acme.up"}) if p.id == "storefront" else p
        for p in case.plan.probes
    )
    package = KindPackage(name="acme-dr", version="1.2.0", provider_reported=reported)
    told = {"probes": probes, "packages": {"acme.up": package}}
    return replace(case, plan=case.plan.model_copy(update=told))


def holes(case: Case) -> Case:
    """Let the observer sleep for a while."""
    return replace(case, samples=tuple(s for s in case.samples if not at(20) < s.sent_us < at(40)))


def cases() -> Iterator[tuple[str, Case]]:
    yield "missed", a_case(down=(0.9, 190), end=320)
    yield "straddling", with_objectives(a_case(), {"target": Duration(27_500_000)})
    yield "lost writes", a_case(lost=(-9.5, 0.9))
    yield "everything lost", a_case(lost=(-99, 99))
    yield "blind", a_case(down=(0.9, 21), unknown=(21, 60))
    yield "never down", a_case(down=None)
    yield "no impact wanted", with_objectives(a_case(down=None), {"impact": "none"})
    yield "impact not wanted", with_objectives(a_case(), {"impact": "none"})
    yield "from the onset", with_objectives(a_case(), {"clock": "onset"})
    yield "from the declaration", with_objectives(a_case(down=(0.9, 70)), {"clock": "declared"})
    yield (
        "too coarse",
        with_objectives(
            a_case(), {"target": Duration(29 * S), "too_coarse": "inconclusive", "ups": 1}
        ),
    )
    yield "given up", with_objectives(a_case(down=(0.9, 500)), {"give_up": Duration(60 * S)})
    yield "never recovered", a_case(down=(0.9, 500))
    yield "stopped", stopped(a_case())
    yield "restarted", restarted(a_case())
    yield "rebooted", rebooted(a_case())
    yield "rebooted while down", rebooted(a_case(down=(0.9, 110)), down=70)
    yield "rebooted before the fault", rebooted(a_case(), down=-20)
    yield "rebooted, lost writes", rebooted(a_case(lost=(-9.5, 0.9)), down=0.95)
    yield "rebooted, in doubt", rebooted(in_doubt(a_case()), down=0)
    yield "rebooted, two places", rebooted(from_two_places(a_case()))
    yield "rebooted, not synchronised", rebooted(a_case(), pairings=unsynchronised())
    yield "rebooted, set in between", rebooted(a_case(), pairings=contradicting())
    yield (
        "rebooted, hardly known",
        rebooted(a_case(), pairings=(Pairing(at(-9), 0, 9 * S), Pairing(at(130), 0, 200 * S))),
    )
    yield "idle", idle(a_case())
    yield "in doubt", in_doubt(a_case())
    yield "said to have happened", said_to_have_happened(a_case(), "happened")
    yield "said not to have happened", said_to_have_happened(a_case(), "not-happened")
    observable = said_to_have_happened(a_case(), "retry")
    steps = tuple(
        s.model_copy(update={"doubt": Doubt.OBSERVABLE}) if s.id == "dark-zone" else s
        for s in observable.plan.steps
    )
    plan = observable.plan.model_copy(update={"steps": steps})
    yield "to be repeated, somebody said", replace(observable, plan=plan)
    yield "two places", from_two_places(a_case())
    yield "slept", holes(a_case())
    yield "another package's probe", of_another_package(a_case(), reported=False)
    yield "another package asks the provider", of_another_package(a_case(), reported=True)
    accepted = with_objectives(a_case(), {"accept_provider_reported": True})
    yield "and may", of_another_package(accepted, reported=True)
    yield "simulated", a_case(simulated=True)


@pytest.mark.parametrize(("name", "case"), list(cases()), ids=lambda v: v if type(v) is str else "")
def test_all_three_compute_the_same(name: str, case: Case, tmp_path: Path) -> None:
    place = Place.at(tmp_path / "home")
    run = place.closed(case)
    given = Given(place.signers(), place.register, None, run.id)

    for who, said in verdicts(run.path, given).items():
        assert said.code == VERIFIED, f"{who}, {name}: {said.out}"
    made = parse_seal((run.path / SEAL_FILE).read_bytes())
    assert made.evidence == ("SIMULATED" if case.plan.simulated else "real")


def test_a_crashed_run_is_sealed_as_incomplete(tmp_path: Path) -> None:
    from dr.cli.evidence import write_events, write_rest

    place = Place.at(tmp_path / "home")
    case = a_case()
    run = place.begun(case)
    given = Given(place.signers(), place.register, None, run.id)
    write_events(run)
    assert seal(run, place.home.path, place.clock).overall == "incomplete"
    for who, said in verdicts(run.path, given).items():
        assert said.code == VERIFIED, f"{who}: {said.out}"

    # and then brought to its end after all: the new seal names the old one
    journal = run.journal(place.clock)
    journal.events()
    from dr.cli.evidence import events_of, write_result

    closed = ev.RunClosed(ending="completed", left=(), digests=write_result(run, events_of(run)))
    journal.stage(2, [closed])
    journal.commit()
    journal.close()
    write_rest(run)
    assert parse_seal((run.path / SEAL_FILE).read_bytes()).status == "complete"
    for who, said in verdicts(run.path, given).items():
        assert said.code == VERIFIED, f"{who}: {said.out}"


def test_without_keys_a_bundle_is_unsigned_and_says_so(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "home", signed=False)
    run = place.closed(a_case())

    add(run, place.home.path, "note.md", b"unsigned, too", "note", None, place.clock)

    assert "signed_by: nobody" in (run.path / SEAL_FILE).read_text()
    for who, said in verdicts(run.path, Given(None, place.register)).items():
        assert said.code == UNCHECKED, f"{who}: {said.out}"


def test_without_a_signers_file_nothing_is_verified(sealed: World) -> None:
    for who, said in verdicts(sealed.bundle, replace(sealed.given, signers=None)).items():
        assert said.code == UNCHECKED, f"{who}: {said.out}"
