"""The home of `dr`, from the environment."""

import os

from dr.stores.rundir import Home


def home() -> Home:
    """Return the home that the environment names."""
    return Home.of(dict(os.environ))
