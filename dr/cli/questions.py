"""Asking for what a draft must be told, with what there is to choose from."""

from dataclasses import dataclass

import click

from dr.cli.diagnostics import safe
from dr.cli.discovering import Looking
from dr.core.draft import Draft, Question


@dataclass(frozen=True)
class Asking:
    """Puts answers into `told`. looking: None, not to look for anything. ask: of a person."""

    made: Draft
    told: dict[str, str]
    looking: Looking | None
    ask: bool

    def answer(self, question: Question) -> None:
        """Have a question answered, or leave it open."""
        candidates = self._candidates(question)
        default = candidates[0] if len(candidates) == 1 else ""
        if question.key == "title" and "service" in self.told:
            default = f"{self.told['drill']} of {self.told['service']}"
        if self.ask:
            answer = _asked(question, candidates, default)
        else:
            answer = default
            if candidates:
                there = "the only one there is" if default else "one of"
                click.echo(safe(f"{question.key}: {there}: {', '.join(candidates)}"), err=True)
        if answer:
            self.told[question.key] = answer

    def _candidates(self, question: Question) -> list[str]:
        """Return what an answer could be, as far as it can be looked for."""
        if self.looking is None:
            return []
        if question.key.endswith(".account"):
            account = self.looking.account()
            return [account] if account is not None else []
        sites = self.made.parsed.drill.sites
        site = question.site or (next(iter(sites)) if len(sites) == 1 else None)
        region = self.told.get(f"{site}.region")
        if not question.param or region is None:
            return []
        return self.looking.candidates(question.kind, question.param, region)


def _asked(question: Question, candidates: list[str], default: str) -> str:
    click.echo(f"\n{safe(question.about)}", err=True)
    for number, name in enumerate(candidates, start=1):
        click.echo(f"  {number}  {safe(name)}", err=True)
    text = question.key if default else f"{question.key} (nothing: leave it open)"
    said = click.prompt(text, default, show_default=bool(default), err=True).strip()
    numbers = {str(number): name for number, name in enumerate(candidates, start=1)}
    return str(numbers.get(said, said))
