"""What the service can read only with something else: a sealed document, and a secret.

The document is encrypted with a data key, and the data key with a key of KMS (envelope encryption).
Neither is in `terraform/estate`, whose only key is that of the databases: those are kept off a key
that drills disable.
"""

import json
from typing import Any

from dr.cloud.aws import Aws
from dr.sandbox.data.envelope import Envelope
from dr.sandbox.inventory_data import NAME, PAIRS, TAG
from dr.sandbox.patches.kms import KEY_ID_TAG

KEY_ID = "0a1b2c3d-5ea1-4ed0-8000-000000000001"
SECRET = f"{NAME}/payments"
DOCUMENT = "sealed/contract.txt"


def seed(aws: Aws, outputs: dict[str, str]) -> None:
    """Make the key, the document and the secret."""
    tags = {**TAG, KEY_ID_TAG: KEY_ID}
    aws.kms.create_key(
        Description=f"Documents of {NAME}",
        Tags=[{"TagKey": name, "TagValue": value} for name, value in tags.items()],
    )
    made: Any = aws.kms.generate_data_key(KeyId=KEY_ID, KeySpec="AES_256")
    sealed = Envelope.sealed(
        b"Between us and a customer.\n", made["Plaintext"], made["CiphertextBlob"]
    )
    aws.s3.put_object(Bucket=outputs["bucket"], Key=DOCUMENT, Body=sealed.written())
    aws.secretsmanager.create_secret(
        Name=SECRET, SecretString=json.dumps({"token": "only-in-the-sandbox"}), Tags=PAIRS
    )
