"""KMS: a key that is disabled decrypts nothing.

AWS: with a disabled key every cryptographic operation fails (DisabledException); with one that is
pending deletion, too (KMSInvalidStateException), which can be neither enabled nor disabled.
moto: keeps the state and heeds it nowhere.
Ours, which AWS has not: a key that is made with the tag `dr-sandbox:key-id` gets that id, so that
a drill can name a key that was not there when it was written.
Still simplified: a change of state is known everywhere at once (AWS: within minutes); signing and
verifying heed no state; other services (RDS, EBS, S3) do not notice.
Source: AWS KMS Developer Guide, "Key states of AWS KMS keys"; AWS KMS API Reference, Decrypt,
GenerateDataKey, EnableKey.
"""

from typing import Any

from dr.sandbox.patches.patching import Patch, patch
from dr.sandbox.sim import Sim

KEY_ID_TAG = "dr-sandbox:key-id"
_ENABLED = "Enabled"
_DISABLED = "Disabled"


def apply(sim: Sim) -> None:
    """Patch moto's KMS."""
    from moto.kms.models import KmsBackend

    patch(sim, KmsBackend, "create_key", _create)
    patch(sim, KmsBackend, "encrypt", _encrypt)
    patch(sim, KmsBackend, "decrypt", _decrypt)
    for name in ("enable_key", "disable_key"):
        patch(sim, KmsBackend, name, _turn)


def _create(sim: Sim, original: Patch, self: Any, *args: Any, **named: Any) -> Any:
    key = original(self, *args, **named)
    wanted = self.tagger.get_tag_dict_for_resource(key.id).get(KEY_ID_TAG)
    if wanted is not None:
        del self.keys[key.id]
        self.tagger.copy_tags(key.id, wanted)
        key.arn = key.arn.replace(key.id, wanted)
        key.id = wanted
        self.keys[wanted] = key
    return key


def _encrypt(
    sim: Sim, original: Patch, self: Any, key_id: str, *args: Any, **kwargs: Any
) -> tuple[bytes, str]:
    _must_work(self.keys.get(self.any_id_to_key_id(key_id)))
    encrypted: tuple[bytes, str] = original(self, key_id, *args, **kwargs)
    return encrypted


def _decrypt(sim: Sim, original: Patch, self: Any, *args: Any, **kwargs: Any) -> tuple[bytes, str]:
    decrypted: tuple[bytes, str] = original(self, *args, **kwargs)
    _must_work(self.keys.get(decrypted[1].rpartition("/")[2]))
    return decrypted


def _turn(sim: Sim, original: Patch, self: Any, key_id: str) -> None:
    if self.keys[key_id].key_state not in {_ENABLED, _DISABLED}:
        raise _error("KMSInvalidStateException", self.keys[key_id])
    original(self, key_id)


def _must_work(key: Any) -> None:
    """Raise what AWS says of a key in this state; a key that is not there is moto's to refuse."""
    if key is not None and key.key_state == _DISABLED:
        raise _error("DisabledException", key)
    if key is not None and key.key_state != _ENABLED:
        raise _error("KMSInvalidStateException", key)


def _error(code: str, key: Any) -> Exception:
    from moto.core.exceptions import JsonRESTError

    state = {_DISABLED: "disabled", "PendingDeletion": "pending deletion"}
    return JsonRESTError(code, f"{key.arn} is {state.get(key.key_state, key.key_state)}.")
