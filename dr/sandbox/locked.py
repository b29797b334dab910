"""What KMS and Secrets Manager, as moto has them, let the service read."""

from dr.sandbox.backends import backend


def data_key(region: str, encrypted: bytes) -> bytes | None:
    """Have KMS decrypt a data key; None if it refuses."""
    from moto.core.exceptions import JsonRESTError

    try:
        plain, _ = backend("kms", region).decrypt(encrypted, {})
    except JsonRESTError:
        return None
    return bytes(plain)


def secret(region: str, name: str) -> bytes | None:
    """Return the current value of a secret; None if Secrets Manager refuses."""
    from moto.core.exceptions import JsonRESTError

    try:
        found = backend("secretsmanager", region).get_secret_value(name, None, "AWSCURRENT")
    except JsonRESTError:
        return None
    return str(found["SecretString"]).encode()
