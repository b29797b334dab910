"""A flag that many machines read: one SSM parameter, or one S3 object.

`ssm:/path@region` or `s3://bucket/key`. It is asked with the identity of whoever runs `dr`, not
with the role of a site.

Errors:  Refused - the address is malformed.
         Failed - the flag does not exist: a mistyped address looks just like a flag that nobody
         has written yet, and must not read as "released".
         Failed, Unclear, Forbidden - what the provider says.
Limits:  an S3 object is read strongly consistent; a parameter may lag by moments.
Source:  AWS Systems Manager API Reference, GetParameter, PutParameter; Amazon S3 API Reference,
         GetObject, PutObject.
"""

import os
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

from dr.cloud.aws import Aws
from dr.cloud.errors import translate
from dr.model.errors import Failed, Refused

FORMS: Final = "ssm:/path@region or s3://bucket/key"
_SSM: Final = re.compile(r"ssm:(/[A-Za-z0-9_./-]+)@([a-z]{2}(?:-[a-z]+)+-\d)")
_S3: Final = re.compile(r"s3://([a-z0-9.-]{3,63})/(.+)")
_ASKED_S: Final = 5.0  # of connecting and of an answer: three such in a row engage the lever
_LONGEST: Final = 4096  # bytes: what a parameter can hold


class Flag(ABC):
    """A short text that many machines read."""

    address: str
    needs: str  # the permission to read it, and on what

    def read(self) -> str:
        """Return the text."""
        try:
            return self._read()
        except Exception as error:
            raise translate(error) or error from error

    def write(self, text: str) -> None:
        """Replace the text; it is there when this returns."""
        try:
            self._write(text)
        except Exception as error:
            raise translate(error) or error from error

    @abstractmethod
    def _read(self) -> str: ...

    @abstractmethod
    def _write(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Parameter(Flag):
    address: str
    name: str
    aws: Aws

    @property
    def needs(self) -> str:  # type: ignore[override]
        """Name the permission to read it."""
        return f"ssm:GetParameter on parameter{self.name} in {self.aws.region}"

    def _read(self) -> str:
        client = self.aws.ssm
        try:
            return client.get_parameter(Name=self.name)["Parameter"].get("Value", "")
        except client.exceptions.ParameterNotFound as error:
            raise _missing(self.address) from error

    def _write(self, text: str) -> None:
        self.aws.ssm.put_parameter(Name=self.name, Value=text, Type="String", Overwrite=True)


@dataclass(frozen=True, slots=True)
class _Object(Flag):
    address: str
    bucket: str
    key: str
    aws: Aws

    @property
    def needs(self) -> str:  # type: ignore[override]
        """Name the permission to read it."""
        return f"s3:GetObject on arn:aws:s3:::{self.bucket}/{self.key}"

    def _read(self) -> str:
        client = self.aws.s3
        try:
            answer = client.get_object(Bucket=self.bucket, Key=self.key)
        except client.exceptions.NoSuchKey as error:
            raise _missing(self.address) from error
        return answer["Body"].read(_LONGEST).decode(errors="replace")

    def _write(self, text: str) -> None:
        self.aws.s3.put_object(
            Bucket=self.bucket, Key=self.key, Body=text.encode(), ContentType="application/json"
        )


def flag(address: str) -> Flag:
    """Return the flag at an address. Raises Refused if it is malformed."""
    if parameter := _SSM.fullmatch(address):
        name, region = parameter.groups()
        return _Parameter(address, name, Aws("", region, timeout_s=_ASKED_S))
    if thing := _S3.fullmatch(address):
        bucket, key = thing.groups()
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        return _Object(address, bucket, key, Aws("", region, timeout_s=_ASKED_S))
    raise Refused(f"{address!r} is no address of a flag: write {FORMS}")


def _missing(address: str) -> Failed:
    return Failed(f"{address} does not exist; `dr lever release` writes it")
