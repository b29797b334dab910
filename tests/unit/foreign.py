"""Experiments of other tools as data, for tests of what `dr import` makes of them."""

from typing import Any

from dr.cli.catalogue import kinds
from dr.core.checking import check
from dr.core.importing.chaostoolkit import of_experiment
from dr.core.importing.fis import of_template
from dr.core.importing.outline import Outline, Told
from dr.core.importing.written import written
from dr.core.parse import parse
from dr.core.positions import Path
from dr.model.drill import Drill

ACCOUNT = "123456789012"
TOLD = Told(service="orders", owner="us", account=ACCOUNT, region="us-east-1")


def of_fis(template: dict[str, Any], **targets: str) -> Outline:
    """Return what is made of a template of AWS FIS, with what `--target` says."""
    outline = of_template(template, Told(targets=targets))
    assert outline is not None
    return outline


def of_chaos(*method: dict[str, Any], **over: Any) -> Outline:
    """Return what is made of an experiment of Chaos Toolkit with these activities."""
    outline = of_experiment({"title": "A toy", "method": list(method), **over})
    assert outline is not None
    return outline


def calling(function: str, **arguments: Any) -> dict[str, Any]:
    """Return a provider that calls a function of Python."""
    module, _, func = function.rpartition(".")
    return {"type": "python", "module": module, "func": func, "arguments": arguments}


def gaps(outline: Outline) -> list[tuple[str, str, Path]]:
    """Return section, text and place of each gap."""
    return [(gap.section, gap.text, gap.path) for gap in outline.gaps]


def drill_of(outline: Outline, told: Told = TOLD) -> Drill:
    """Return the drill that is written, of which everything holds."""
    return check(parse(written(outline, told), "imported.yaml"), kinds()).parsed.drill
