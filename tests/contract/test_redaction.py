"""A redacted copy: it names nobody, says the same, and is never taken for the original."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from dr.cli.evidence import provider_reported
from dr.core.canonical import canonical
from dr.core.conclude import conclude
from dr.model import event as ev
from dr.model.audited import Participant
from dr.report.pseudonyms import Pseudonyms
from dr.report.redaction import Unfaithful, redact
from dr.stores.files import sha256_of
from dr.stores.rundir import RunDir
from dr.stores.sealing import bundle_of
from tests.contract import bundles, verifiers
from tests.contract.bundles import Place, a_case
from tests.contract.verifiers import NOT_VERIFIED, UNCHECKED, Given
from tests.unit.report_world import at

SECRETS = (
    "123456789012", "db.orders.corp.example.com", "10.1.2.3", "Hopper", "ada", "maria",
    "team-orders", "internal-audit", "orders-role", "status.example", "jonas", "runner-1",
)  # fmt: skip
TOLD = (
    "Ada says that db.orders.corp.example.com (10.1.2.3) refused; ask Grace Hopper of "
    "internal-audit, or arn:aws:iam::123456789012:role/orders-role"
)


def a_talkative_case() -> bundles.Case:
    case = a_case(
        participants=(
            Participant(role="operator", name="ada", team="team-orders"),
            Participant(role="observer", name="Grace Hopper", team="internal-audit"),
        )
    )
    note = (at(60), ev.NoteAdded(who="maria@example.com", text=TOLD))
    warning = (at(60), ev.WarningRaised(code="W", text=TOLD))
    first = CLOCK[: CLOCK.index(b"2,b")]
    clock = ev.SamplesAnchored(
        file="samples/clock.csv", bytes=len(first), sha256=hashlib.sha256(first).hexdigest()
    )
    story = sorted([*case.story, note, warning, (at(61), clock)], key=lambda told: told[0])
    why = "https://status.example/health: timed out"
    from dataclasses import replace

    samples = (*case.samples[:-1], replace(case.samples[-1], why=why))
    probes = tuple(
        p.model_copy(update={"with_": {"url": "https://status.example:8443/health"}})
        for p in case.plan.probes
    )
    plan = case.plan.model_copy(update={"probes": probes})
    return replace(case, plan=plan, story=tuple(story), samples=samples)


CLOCK = b"at_us,boot_id,host\n1,b,runner-1\n2,b,runner-1\n"


class Clocked(Place):
    """A place whose observer also writes how its clock was, as real ones do."""

    def begun(self, case: bundles.Case, occurrence: str = "") -> RunDir:
        run = super().begun(case, occurrence)
        run.write("samples/clock.csv", CLOCK)
        return run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Clocked.at(tmp_path_factory.mktemp("redaction") / "home")


@pytest.fixture(scope="module")
def original(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = place.closed(a_talkative_case())
    return place.exported(run, tmp_path_factory.mktemp("original") / run.id)


@pytest.fixture(scope="module")
def copied(original: Path) -> dict[str, bytes]:
    return redact(bundle_of(original).files, provider_reported)


@pytest.fixture
def copy(copied: dict[str, bytes], tmp_path: Path) -> Path:
    for name, data in copied.items():
        path = tmp_path / "copy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "copy"


def remanifest(copy: Path) -> None:
    """List the files anew, as a forger would."""
    names = sorted(p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file())
    lines = [f"{sha256_of(copy / n)}  {n}\n" for n in names if n != "MANIFEST.sha256"]
    (copy / "MANIFEST.sha256").write_text("".join(lines))


def test_a_copy_holds_nothing_that_names_an_account_a_host_or_a_person(
    original: Path, copied: dict[str, bytes]
) -> None:
    before = b"".join(bundle_of(original).files.values()).decode().casefold()
    for secret in SECRETS:
        assert secret.casefold() in before, secret
    for name, data in copied.items():
        text = data.decode().casefold()
        if name.startswith("original/") or name == "VERIFY.md":
            continue
        words = set("".join(c if c.isalnum() or c in ".-" else " " for c in text).split())
        for secret in SECRETS:
            assert secret.casefold() not in words, (name, secret)
    assert b"123456789012" not in b"".join(copied.values())


def test_a_copy_says_the_same_and_the_same_thing_has_the_same_name(
    original: Path, copied: dict[str, bytes]
) -> None:
    was = orjson.loads((original / "result.json").read_bytes())
    now = orjson.loads(copied["result.json"])
    assert now["objectives"] == was["objectives"]
    assert now["verdict"] == was["verdict"]
    plan = orjson.loads(copied["plan.json"])
    notes = [e["data"] for e in map(orjson.loads, copied["events.jsonl"].splitlines())]
    (note,) = [d for d in notes if "text" in d and "who" in d]
    account = plan["sites"]["primary"]["account"]
    assert account == plan["blast_radius"]["accounts"][0]
    assert f"arn:aws:iam::{account}:arn-1" in note["text"]
    assert plan["participants"][0]["name"] in note["text"]
    assert plan["participants"][1]["name"] in note["text"]
    assert plan["participants"][0]["team"] == plan["owner"]


def test_the_same_original_gives_the_same_copy(original: Path, copied: dict[str, bytes]) -> None:
    assert redact(bundle_of(original).files, provider_reported) == copied


def test_all_verifiers_take_a_copy_for_what_it_is_and_for_no_more(place: Place, copy: Path) -> None:
    for given in (Given(), Given(signers=place.signers(), register=place.register)):
        for name, said in verifiers.verdicts(copy, given).items():
            assert (said.code, said.failed) == (UNCHECKED, frozenset()), (name, said.out)
            assert "REDACTED COPY" in said.out or name == "dr"


def edit_result(copy: Path) -> None:
    path = copy / "result.json"
    path.write_bytes(path.read_bytes().replace(b'"lower_ms":', b'"lower_ms":1', 1))


def edit_event(copy: Path) -> None:
    path = copy / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b"about to", b"not to").replace(b"200 OK", b""))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))


def edit_samples(copy: Path) -> None:
    path = copy / "samples" / "probes.csv"
    path.write_bytes(path.read_bytes().replace(b",down,", b",up,", 5))


def edit_statement(copy: Path) -> None:
    path = copy / "REDACTED.txt"
    path.write_bytes(path.read_bytes().replace(b"overall: pass", b"overall: fail"))


def swap_seal(copy: Path) -> None:
    path = copy / "original" / "SEAL.txt"
    path.write_bytes(path.read_bytes().replace(b"overall: pass", b"overall: fail"))


def drop_seal(copy: Path) -> None:
    (copy / "original" / "SEAL.txt").unlink()


def change_plan(copy: Path) -> None:
    path = copy / "plan.json"
    path.write_bytes(path.read_bytes().replace(b'"target":"3m"', b'"target":"9m"'))


def torn(copy: Path) -> None:
    path = copy / "REDACTED.txt"
    path.write_bytes(path.read_bytes()[:-4])


ATTACKS: tuple[Callable[[Path], None], ...] = (
    edit_result, edit_event, edit_samples, edit_statement, swap_seal, drop_seal, change_plan, torn,
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_copy_that_was_changed_is_refused_by_all_verifiers(
    copy: Path, attack: Callable[[Path], None]
) -> None:
    attack(copy)
    remanifest(copy)
    for name, said in verifiers.verdicts(copy, Given()).items():
        assert said.code == NOT_VERIFIED, (name, said.out)


def test_a_file_that_lies_beside_what_is_listed_is_seen(copy: Path) -> None:
    (copy / "note.txt").write_text("x")
    for name, said in verifiers.verdicts(copy, Given()).items():
        assert (said.code, said.failed) == (NOT_VERIFIED, frozenset({5})), (name, said.out)


def test_with_the_seal_of_the_original_put_in_its_place_a_copy_is_refused(
    place: Place, copy: Path
) -> None:
    for name in ("SEAL.txt", "SEAL.txt.sig"):
        shutil.copy(copy / "original" / name, copy / name)
    for given in (Given(), Given(signers=place.signers(), register=place.register)):
        for name, said in verifiers.verdicts(copy, given).items():
            assert said.code == NOT_VERIFIED, (name, said.out)


def test_the_signature_of_a_stranger_on_the_original_is_refused(place: Place, copy: Path) -> None:
    other = place.keys.new("stranger", "stranger@dr")
    seal = copy / "original" / "SEAL.txt"
    (copy / "original" / "SEAL.txt.sig").write_bytes(
        other.sign(seal.read_bytes(), "drill-evidence@v1")
    )
    remanifest(copy)
    signers = place.signers()
    signers.write_text(
        "\n".join(li for li in signers.read_text().splitlines() if "stranger" not in li) + "\n"
    )
    for name, said in verifiers.verdicts(copy, Given(signers=signers)).items():
        assert (said.code, said.failed) == (NOT_VERIFIED, frozenset({1})), (name, said.out)


def test_a_run_that_never_ended_has_a_copy_too(tmp_path: Path) -> None:
    from dr.cli.evidence import write_events
    from dr.stores.sealing import seal

    place = Clocked.at(tmp_path / "home")
    run = place.begun(a_talkative_case())
    write_events(run)
    seal(run, place.home.path, place.clock)
    out = place.exported(run, tmp_path / "out")
    files = redact(bundle_of(out).files, provider_reported)
    assert b"overall: incomplete" in files["REDACTED.txt"]
    copy = tmp_path / "copy"
    for name, data in files.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
    for name, said in verifiers.verdicts(copy, Given()).items():
        assert (said.code, said.failed) == (UNCHECKED, frozenset()), (name, said.out)


def test_a_copy_that_would_say_something_else_is_not_made(
    original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dr.report.redaction as module

    monkeypatch.setattr(module, "_judged", id)
    with pytest.raises(Unfaithful):
        redact(bundle_of(original).files, provider_reported)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("https://a.example.com:8443/x", "https://host-1.invalid:8443/x"),
        ("http://127.0.0.1:5000/x", "http://127.0.0.1:5000/x"),
        ("at 09:00:34, 3.5 s, samples/probes.csv", "at 09:00:34, 3.5 s, samples/probes.csv"),
        ("fd00::1 and 10.0.0.7", "host-1.invalid and host-2.invalid"),
        ("7f3c2a1e-4395-4d1b-9c55-024212012000", "7f3c2a1e-4395-4d1b-9c55-024212012000"),
        ("aws.rds.failover", "aws.rds.failover"),
        ("ab" * 32, "ab" * 32),
        ("account 210987654321.", "account 000000000001."),
        ("ada@example.com, ADA@example.com", "person-1, person-1"),
        ("postgres://u:p@db.example.com/x", "postgres://person-1@host-1.invalid/x"),
        ("*.example.com, tcp/db.example.com:5432", "*.host-1.invalid, tcp/host-2.invalid:5432"),
        ("-db.example.com; DB.example.com.", "-host-1.invalid; host-1.invalid."),
        ("bucket-210987654321-logs", "bucket-000000000001-logs"),
        ("arn:aws:s3:::bucket/key", "arn:aws:s3:::arn-1"),
        ("arn:aws-cn:rds:cn:210987654321:cluster:x", "arn:aws-cn:rds:cn:000000000001:arn-1"),
    ],
)  # fmt: skip
def test_a_text_loses_what_has_a_form(text: str, other: str) -> None:
    assert Pseudonyms({"aws.rds.failover"}).text(text) == other


def test_computing_it_again_is_part_of_every_copy(copied: dict[str, bytes]) -> None:
    from dr.core.conclude import Raw
    from dr.core.lines import verified
    from dr.model.plan import Plan
    from dr.report.evidence import RAW

    plan = Plan.model_validate_json(copied["plan.json"])
    events = list(
        verified(
            copied["events.jsonl"].splitlines(),
            orjson.loads(copied["events.jsonl"].splitlines()[0])["prev"],
            "orders-zone-loss-0001",
        )
    )
    raw = Raw(*(copied.get(name, b"") for name in RAW))
    again = conclude(plan, events, raw, frozenset()).result
    assert canonical(again.as_json()) == copied["result.json"]


def test_an_original_that_does_not_hold_has_no_copy(original: Path, tmp_path: Path) -> None:
    files = dict(bundle_of(original).files)
    edited = files["samples/probes.csv"].replace(b",down,", b",up,", 40)
    with pytest.raises(Unfaithful, match="does not hold"):
        redact({**files, "samples/probes.csv": edited}, provider_reported)
    unsealed = {name: data for name, data in files.items() if not name.startswith("SEAL")}
    with pytest.raises(Unfaithful, match="not what the journal saw"):
        redact({**unsealed, "samples/probes.csv": edited}, provider_reported)
    with pytest.raises(Unfaithful, match="last event names"):
        redact({**unsealed, "result.json": b"{}"}, provider_reported)
