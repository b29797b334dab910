"""`dr report` and `dr redact`, as somebody types them, on a sealed run."""

import shutil
import subprocess
from pathlib import Path

import orjson
import pytest

from dr.cli import frame
from dr.cli.exit_codes import Exit
from dr.cli.reporting import FORMS
from dr.core.seal import live
from dr.stores.additions import add, approve
from dr.stores.rundir import RunDir
from tests.contract.bundles import Place, a_case

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place.at(tmp_path / "home")
    monkeypatch.setenv("DR_HOME", str(place.home.path))
    return place


@pytest.fixture
def run(place: Place) -> RunDir:
    return place.closed(a_case())


def snapshot(run: RunDir) -> dict[str, bytes]:
    there = (p for p in run.path.rglob("*") if p.is_file() and not live(p.name))
    return {p.name: p.read_bytes() for p in there}


@pytest.mark.parametrize("form", [form for form in FORMS if form != "pdf"])
def test_every_form_is_the_same_bytes_each_time_and_leaves_the_run_as_it_is(
    run: RunDir, form: str, tmp_path: Path, capsys: Capture
) -> None:
    before = snapshot(run)
    made = []
    for name in ("once", "again"):
        out = tmp_path / name
        assert frame.run(["report", run.id, "--format", form, "--out", str(out)]) == Exit.PASS
        made.append(out.read_bytes())
    assert made[0] == made[1] != b""
    assert snapshot(run) == before
    assert frame.run(["verify", run.id]) == Exit.PASS


def test_the_same_bundle_elsewhere_gives_the_same_bytes(
    place: Place, run: RunDir, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    bundle = place.exported(run, tmp_path / run.id)
    for form in ("md", "junit", "oscal", "csv"):
        assert frame.run(["report", run.id, "--format", form]) == Exit.PASS
        here = capsysbinary.readouterr().out
        assert frame.run(["report", str(bundle), "--format", form]) == Exit.PASS
        assert capsysbinary.readouterr().out == here


def test_nothing_is_written_beside_what_is_sealed(run: RunDir, capsys: Capture) -> None:
    before = snapshot(run)
    for name in ("junit.xml", "formats/junit.xml", "result.json"):
        out = run.path / name
        assert frame.run(["report", run.id, "--format", "junit", "--out", str(out)]) == Exit.USAGE
    assert snapshot(run) == before
    assert "name a file outside of it" in capsys.readouterr().err


def test_a_sealed_report_is_not_written_again_and_a_new_one_tells_what_came_later(
    place: Place, run: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    sealed = (run.path / "report.html").read_bytes()
    assert frame.run(["report", run.id]) == Exit.PASS
    assert capsys.readouterr().err == ""
    approve(run, place.home.path, place.key("reviewer"), place.clock)
    actions = tmp_path / "actions.md"
    actions.write_text("probe more often\n")
    content = actions.read_bytes()
    add(run, place.home.path, actions.name, content, "Actions and owners", place.key(), place.clock)
    assert frame.run(["report", run.id]) == Exit.PASS
    assert "the report that was sealed" in capsys.readouterr().err
    assert (run.path / "report.html").read_bytes() == sealed
    out = tmp_path / "new.html"
    assert frame.run(["report", run.id, "--out", str(out)]) == Exit.PASS
    assert b"Addendum: Actions and owners" in out.read_bytes()
    assert b"CP-4</td>" not in out.read_bytes()  # what an addendum says, nobody here knows

    assert frame.run(["findings", "set", run.id, "new", "--text", "the TTL is long"]) == Exit.PASS
    capsys.readouterr()
    assert frame.run(["findings", "list", run.id, "--json"]) == Exit.PASS
    action = ["--action", "lower it", "--owner", "ada", "--due", "2026-12-01"]
    for one in orjson.loads(capsys.readouterr().out):
        assert frame.run(["findings", "set", run.id, one["id"], *action]) == Exit.PASS
    assert frame.run(["report", run.id, "--out", str(out)]) == Exit.PASS
    assert b"CP-4</td>" in out.read_bytes()
    assert b"CP-4</td>" not in sealed
    assert frame.run(["verify", run.id]) == Exit.PASS


def test_without_what_makes_pdfs_the_exit_code_is_2(
    run: RunDir, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "weasyprint", None)
    out = tmp_path / "a.pdf"
    assert frame.run(["report", run.id, "--format", "pdf", "--out", str(out)]) == Exit.USAGE
    assert "pip install" in capsys.readouterr().err
    assert not out.exists()


def test_jq_and_openssl_alone_verify_the_statement(
    place: Place, run: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    out = tmp_path / "e.json"
    assert frame.run(["report", run.id, "--format", "intoto", "--out", str(out)]) == Exit.PASS
    public = place.key().private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pub.pem").write_bytes(pem)
    script = r"""
    jq -r .payload e.json | base64 -d > body; ty=$(jq -r .payloadType e.json)
    jq -r '.signatures[0].sig' e.json | base64 -d > sig
    { printf 'DSSEv1 %d %s %d ' "${#ty}" "$ty" "$(wc -c < body)"; cat body; } > pae
    openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in pae -sigfile sig
    """

    def checked() -> int:
        return subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, check=False, timeout=60
        ).returncode

    assert checked() == 0
    body = orjson.loads((tmp_path / "body").read_bytes())
    assert {"name": "result.json", "digest": {"sha256": digest_of(run, "result.json")}} in body[
        "subject"
    ]
    told = orjson.loads(out.read_bytes())
    out.write_bytes(orjson.dumps({**told, "payload": told["payload"][:-8] + "AAAAAAA="}))
    assert checked() != 0


def digest_of(run: RunDir, name: str) -> str:
    from dr.stores.files import sha256_of

    return sha256_of(run.path / name)


def test_a_statement_is_signed_with_the_key_that_sealed_or_not_at_all(
    place: Place, run: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    bundle = place.exported(run, tmp_path / run.id)
    stranger = Place.at(tmp_path / "other")
    monkeypatch.setenv("DR_HOME", str(stranger.home.path))
    assert frame.run(["report", str(bundle), "--format", "intoto"]) == Exit.REFUSED
    assert "another" in capsys.readouterr().err
    shutil.rmtree(stranger.home.path / "keys")
    assert frame.run(["report", str(bundle), "--format", "intoto"]) == Exit.REFUSED
    assert frame.run(["report", str(bundle), "--format", "intoto", "--redact"]) == Exit.USAGE


def test_nothing_is_signed_that_does_not_hold(
    place: Place, run: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    bundle = place.exported(run, tmp_path / run.id)
    path = bundle / "samples/probes.csv"
    path.write_bytes(path.read_bytes().replace(b",down,", b",up,", 40))
    assert frame.run(["report", str(bundle), "--format", "intoto"]) == Exit.REFUSED
    assert "does not hold" in capsys.readouterr().err


def test_a_redacted_report_says_that_it_is_one_and_names_nobody(
    run: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    for form in ("html", "md", "text", "junit", "oscal", "asff"):
        out = tmp_path / form
        words = ["report", run.id, "--format", form, "--redact", "--out", str(out)]
        assert frame.run(words) == Exit.PASS
        told = out.read_text().casefold()
        assert "redacted" in told
        assert "jonas" not in told
        assert "123456789012" not in told
    assert frame.run(["report", run.id, "--redact"]) == Exit.PASS  # to stdout, not into the run
    assert "REDACTED COPY" in capsys.readouterr().out
    assert frame.run(["verify", run.id]) == Exit.PASS


def test_a_redacted_copy_is_made_once_checked_and_reported_from(
    place: Place, run: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    copy = tmp_path / "copy"
    assert frame.run(["redact", run.id, str(copy)]) == Exit.PASS
    assert "read it before you hand it over" in capsys.readouterr().err
    assert frame.run(["verify", str(copy)]) == Exit.INCONCLUSIVE
    told = capsys.readouterr().out
    assert "A REDACTED COPY" in told
    assert "\nVERIFIED" not in told
    assert "is signed; without a signers file by nobody" in told
    given = str(place.signers())
    assert frame.run(["verify", str(copy), "--signers", given]) == Exit.INCONCLUSIVE
    assert "the seal of the original is signed by runner@dr" in capsys.readouterr().out
    assert frame.run(["report", str(copy), "--format", "md"]) == Exit.PASS
    assert "REDACTED COPY" in capsys.readouterr().out
    assert frame.run(["redact", run.id, str(copy)]) == Exit.USAGE
    assert frame.run(["redact", run.id, str(run.path / "copy")]) == Exit.USAGE
    assert not (run.path / "copy").exists()
    assert frame.run(["redact", str(copy), str(tmp_path / "more")]) == Exit.REFUSED
    (copy / "samples/probes.csv").write_bytes(b"probe\n")
    assert frame.run(["verify", str(copy)]) == Exit.FAIL


def test_damaged_evidence_has_no_report_and_no_copy(
    place: Place, run: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    bundle = place.exported(run, tmp_path / run.id)
    path = bundle / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b"runner-1", b"runner-2"))
    for words in (["report", str(bundle), "--format", "md"], ["redact", str(bundle), "x"]):
        assert frame.run(words) == Exit.REFUSED
        assert "not what was written" in capsys.readouterr().err


def test_a_file_that_only_bears_the_name_of_an_approval_or_addendum_counts_as_none(
    place: Place, run: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    bundle = place.exported(run, tmp_path / run.id)
    forged = place.key().sign((bundle / "SEAL.txt").read_bytes(), "drill-approval@v1")
    (bundle / "addenda/0001").mkdir(parents=True)
    (bundle / "addenda/0001/ADDENDUM.txt").write_text("drill-addendum v1\n")
    for signature in (forged, b"-----BEGIN SSH SIGNATURE-----\n", b""):
        (bundle / "SEAL.txt.approval.sig").write_bytes(signature)
        assert frame.run(["report", str(bundle), "--format", "md"]) == Exit.PASS
        told = capsys.readouterr().out
        assert "nobody has approved the sealed run yet" in told
        assert "Added after the seal" not in told
