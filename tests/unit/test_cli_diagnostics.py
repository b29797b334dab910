"""Diagnostics as text: places, carets, and nothing that steers a terminal."""

from dr.cli.diagnostics import as_json, render, safe
from dr.core import codes
from dr.model.diagnostic import Diagnostic, Span


def test_nothing_of_a_file_steers_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07 \x9b2J \u202e \ud800\tb"
    one = Diagnostic(codes.BAD_NAME, hostile, Span(1, 3), hostile, hostile, "a\x1b.yaml")
    text = render([one], {"a\x1b.yaml": hostile})
    assert all(character.isprintable() or character == "\n" for character in text)
    text.encode()
    assert safe("plain é 漢") == "plain é 漢"


def test_a_long_line_is_shown_around_the_place() -> None:
    line = "x" * 5000 + "HERE" + "y" * 5000
    text = render([Diagnostic(codes.BAD_NAME, "m", Span(1, 5001, 4), file="f")], {"f": line})
    shown, caret = text.splitlines()[3:5]
    assert len(shown) < 140
    assert shown.index("HERE") == caret.index("^^^^")


def test_carets_stand_under_wide_characters() -> None:
    text = render([Diagnostic(codes.BAD_NAME, "m", Span(1, 4, 2), file="f")], {"f": "漢: é̀xx"})
    assert text.splitlines()[4] == "  |     ^"


def test_diagnostics_without_a_place_or_a_line() -> None:
    none = Diagnostic(codes.UNREADABLE, "m")
    beyond = Diagnostic(codes.EMPTY, "m", Span(7, 1), file="f")
    text = render([none, beyond], {"f": "a"})
    assert text.count("\n") == 6
    assert as_json(none)["line"] is None
    assert "… and 5 more" in render([none] * 105, {})
