"""What tests of actions and checks get: the same as those of other packages."""

from dr.testing import ACCOUNT, INTENT, OTHER_INTENT, REGION, Stage

__all__ = ["ACCOUNT", "INTENT", "OTHER_INTENT", "REGION", "Stage"]
