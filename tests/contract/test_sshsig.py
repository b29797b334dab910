"""Our SSH signatures against OpenSSH's own program."""

import subprocess
from pathlib import Path

import pytest

from dr.core.seal import APPROVAL, EVIDENCE
from dr.core.sshsig import BadSignature, Unknown, check, parse, public_text, signers, who
from dr.model.errors import Refused
from dr.stores.keys import Keys, load

TEXT = b"drill-evidence-seal v1\nrun_id: orders-0001\n"
NOW = "2026-11-20T09:00:00Z"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


def keygen(*arguments: str | Path, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["ssh-keygen", *map(str, arguments)]
    return subprocess.run(command, input=data, capture_output=True, check=False)


def their_key(path: Path, passphrase: str = "", kind: str = "ed25519") -> Path:
    made = keygen("-q", "-t", kind, "-N", passphrase, "-C", "theirs", "-f", path)
    assert made.returncode == 0, made.stderr
    return path


@pytest.mark.parametrize("text", [b"", TEXT, bytes(range(256)) * 40])
def test_a_signature_is_byte_for_byte_what_ssh_keygen_makes(tmp_path: Path, text: bytes) -> None:
    path = their_key(tmp_path / "key")
    theirs = keygen("-Y", "sign", "-f", path, "-n", EVIDENCE, data=text)

    assert load(path).sign(text, EVIDENCE) == theirs.stdout


def test_ssh_keygen_verifies_with_the_signers_file_we_write(keys: Keys, tmp_path: Path) -> None:
    key = keys.new("runner", "runner@dr")
    (tmp_path / "signers").write_text(keys.allowed_signers())
    (tmp_path / "sig").write_bytes(key.sign(TEXT, EVIDENCE))
    command: list[str | Path] = ["-Y", "verify", "-f", tmp_path / "signers", "-I", "runner@dr"]
    command += ["-s", tmp_path / "sig", "-n"]

    assert keygen(*command, EVIDENCE, data=TEXT).returncode == 0
    assert keygen(*command, EVIDENCE, data=TEXT + b"x").returncode != 0
    assert keygen(*command, APPROVAL, data=TEXT).returncode != 0


def test_ssh_keygen_reads_the_keys_we_make(keys: Keys) -> None:
    key = keys.new("runner", "runner@dr")

    assert (
        keygen("-y", "-f", keys.path / "runner").stdout.decode().startswith(public_text(key.public))
    )
    assert key.fingerprint in keygen("-l", "-f", keys.path / "runner.pub").stdout.decode()
    assert key.fingerprint in keys.published("runner")


def test_keys_are_for_their_owner_only(keys: Keys) -> None:
    keys.new("runner", "runner@dr")
    path = keys.path / "runner"
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.path.stat().st_mode & 0o777 == 0o700

    path.chmod(0o640)
    with pytest.raises(Refused, match="read by others"):
        keys.get("runner")


def test_a_key_is_never_written_over(keys: Keys) -> None:
    keys.new("runner", "runner@dr")

    with pytest.raises(Refused, match="already"):
        keys.new("runner", "runner@dr")
    with pytest.raises(Refused, match="letters"):
        keys.new("../runner", "runner@dr")


def test_a_key_from_elsewhere_is_used_where_it_is(keys: Keys, tmp_path: Path) -> None:
    theirs = their_key(tmp_path / "id_ed25519")
    keys.link("reviewer", theirs, "rita@example.com", None)
    key = keys.get("reviewer")

    assert key is not None
    assert key.public == load(theirs).public
    assert key.comment == "rita@example.com"
    assert APPROVAL in keys.allowed_signers()


@pytest.mark.parametrize(("kind", "passphrase"), [("rsa", ""), ("ed25519", "secret")])
def test_a_key_that_cannot_be_used_is_refused(tmp_path: Path, kind: str, passphrase: str) -> None:
    path = their_key(tmp_path / "key", passphrase, kind)

    with pytest.raises(Refused):
        load(path)


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.touch(mode=0o600)
    with pytest.raises(Refused, match="no OpenSSH private key"):
        load(path)
    with pytest.raises(Refused, match="cannot be read"):
        load(tmp_path / "nothing")


def test_a_signature_has_one_form_only(keys: Keys) -> None:
    armoured = keys.new("runner", "runner@dr").sign(TEXT, EVIDENCE)

    parse(armoured)
    for other in (
        armoured.replace(b"\n", b"\r\n"),
        armoured + b"\n",
        b"\n" + armoured,
        armoured.replace(b"BEGIN SSH", b"BEGIN PGP"),
        armoured[:120],
        b"",
        b"\xff",
    ):
        with pytest.raises(BadSignature):
            parse(other)


def test_a_key_counts_for_what_its_line_says(keys: Keys) -> None:
    key = keys.new("runner", "runner@dr")
    armoured, public = key.sign(TEXT, EVIDENCE), public_text(key.public)

    def by(line: str, at: str = NOW) -> str:
        return who(armoured, TEXT, EVIDENCE, signers(line.encode()), at)

    assert check(armoured, TEXT, EVIDENCE) == key.public
    assert by(f"a@x {public}") == "a@x"
    assert by(f'# old\n\na@x namespaces="drill-*" {public} comment') == "a@x"
    dated = f'a@x valid-after="20260101",valid-before="20270101" {public}'
    assert by(dated) == "a@x"
    for line, at in (
        (f'a@x namespaces="{APPROVAL}" {public}', NOW),
        (dated, "2027-01-01T00:00:00Z"),
        (dated, "2025-12-31T23:59:59Z"),
        (f"a@x cert-authority {public}", NOW),
        ("a@x ssh-ed25519 ????", NOW),
        ("", NOW),
    ):
        with pytest.raises(Unknown):
            by(line, at)
