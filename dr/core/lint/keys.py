"""Rules about keys: what is encrypted can be restored only where its key can be used."""

from collections.abc import Iterator
from typing import Final

from dr.core.lint.restores import RESTORES
from dr.core.lint.view import Remark, View
from dr.model.drill import Phase

COPIES: Final = (
    "rds:CopyDBSnapshot", "rds:CopyDBClusterSnapshot", "ec2:CopySnapshot", "ec2:CopyImage",
    "backup:StartCopyJob", "redshift:CopyClusterSnapshot",
)  # fmt: skip
_KEYS: Final = ("kms_key", "kms_key_id", "key")


def key_of_copy(view: View) -> Iterator[Remark]:
    """Remark on a copy that does not say by which key it is encrypted."""
    for one in view.acting(Phase.DISRUPT, Phase.RECOVER):
        if not one.any_of(COPIES):
            continue
        said = "--kms-key-id" in one.command or any(one.step.with_.get(name) for name in _KEYS)
        if not said:
            yield Remark(
                (*one.path, "kind"),
                f"{one.name} names no key for the copy",
                "a key of one Region is of no use in another; a default key cannot be shared",
                "name a customer managed key of the Region that the copy is for",
            )


def key_elsewhere(view: View) -> Iterator[Remark]:
    """Remark on a restore in another account or Region than the one that is lost, and its key."""
    lost = {one.site for one in view.acting(Phase.DISRUPT) if one.site is not None}
    for one in view.acting(Phase.RECOVER):
        if one.site is None or not lost or one.site in lost or not one.any_of(RESTORES):
            continue
        if any(one.site.account == s.account and one.site.region == s.region for s in lost):
            continue
        yield Remark(
            (*one.path, "kind"),
            f"{one.name} restores where the key of the original may not be used",
            f"another account or Region: `{one.where}`",
            "the role needs kms:CreateGrant and kms:Decrypt on a key of that place",
        )
