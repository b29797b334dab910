"""The sandbox's key and secret: what is locked away cannot be read, and can be again."""

import pytest
from botocore.exceptions import ClientError

from dr.sandbox.seeds_locked import DOCUMENT, KEY_ID, SECRET
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def test_a_disabled_key_encrypts_and_decrypts_nothing(cloud: Cloud) -> None:
    kms = cloud.east.kms
    blob = kms.encrypt(KeyId=KEY_ID, Plaintext=b"text")["CiphertextBlob"]

    kms.disable_key(KeyId=KEY_ID)
    try:
        with pytest.raises(kms.exceptions.DisabledException):
            kms.decrypt(CiphertextBlob=blob)
        with pytest.raises(kms.exceptions.DisabledException):
            kms.generate_data_key(KeyId=KEY_ID, KeySpec="AES_256")
    finally:
        kms.enable_key(KeyId=KEY_ID)

    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"text"


def test_a_key_that_is_to_be_deleted_is_of_no_use_and_cannot_be_enabled(cloud: Cloud) -> None:
    kms = cloud.east.kms
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.decrypt(CiphertextBlob=blob)
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.enable_key(KeyId=key)


def test_a_key_can_be_given_an_id_that_a_drill_can_name(cloud: Cloud) -> None:
    found = cloud.east.kms.describe_key(KeyId=KEY_ID)["KeyMetadata"]
    tags = cloud.east.kms.list_resource_tags(KeyId=KEY_ID)["Tags"]

    assert (found["KeyId"], found["Arn"].rpartition("/")[2]) == (KEY_ID, KEY_ID)
    assert {"TagKey": "dr-drill", "TagValue": "allowed"} in tags


def test_the_sealed_document_holds_no_text_and_no_key_in_the_clear(cloud: Cloud) -> None:
    stored = cloud.east.s3.get_object(Bucket=cloud.out["bucket"], Key=DOCUMENT)["Body"].read()

    assert b"customer" not in stored


def test_a_deleted_secret_cannot_be_read_until_it_is_restored(cloud: Cloud) -> None:
    secrets = cloud.east.secretsmanager
    secrets.delete_secret(SecretId=SECRET, RecoveryWindowInDays=30)
    try:
        with pytest.raises(ClientError, match="InvalidRequestException"):
            secrets.get_secret_value(SecretId=SECRET)
    finally:
        secrets.restore_secret(SecretId=SECRET)

    assert "token" in secrets.get_secret_value(SecretId=SECRET)["SecretString"]
