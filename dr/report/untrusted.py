"""Text from elsewhere (prompts, notes, API messages), made harmless to show.

A message of a provider or a note of a colleague may hold escape sequences that repaint a terminal,
or direction marks that make a line read as its opposite. Neither has a place in evidence.
"""

import re
import unicodedata

_SPACE = re.compile(r"\s+")
# Cc control, Cf format (direction marks, zero width), Cs lone surrogates, Zl/Zp line separators
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLAIN = re.compile(r"[ -~]*")


def clean(text: str) -> str:
    r"""Return the text as one line without anything that is not seen.

    Line breaks and tabs become one space; a lone surrogate, which no file could hold, becomes the
    replacement character.

    >>> clean("ok\x1b[2J\nnow")
    'ok[2J now'
    """
    if _PLAIN.fullmatch(text) and "  " not in text:
        return text.strip()
    spaced = _SPACE.sub(" ", text)
    kept = (
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) == "Cs" else c
        for c in spaced
        if unicodedata.category(c) not in _UNSEEN or unicodedata.category(c) == "Cs"
    )
    return "".join(kept).strip()


def sentence_case(text: str) -> str:
    """Return the text cleaned, with a capital at its beginning and a mark at its end."""
    text = clean(text)
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def shortened(text: str, longest: int) -> str:
    """Return the text cleaned and cut to so many characters, saying that it was cut."""
    text = clean(text)
    return text if len(text) <= longest else text[: max(longest - 1, 0)].rstrip() + "…"
