"""From "module:Class" to the class. The catalogue of kinds is not known here."""

import importlib

from dr.ports import Marks, Probe


def probe_class(path: str) -> type[Probe]:
    """Import a probe's class. Raises ValueError if there is none."""
    found = _find(path)
    if not (isinstance(found, type) and issubclass(found, Probe)):
        raise ValueError(f"{path} is not a probe")  # noqa: TRY004 - the specification is wrong
    return found


def marks_class(path: str) -> type[Marks]:
    """Import the class of a kind of marks. Raises ValueError if there is none."""
    found = _find(path)
    if not (isinstance(found, type) and issubclass(found, Marks)):
        raise ValueError(f"{path} is not a kind of marks")  # noqa: TRY004 - as above
    return found


def _find(path: str) -> object:
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{path}: {error}") from error
