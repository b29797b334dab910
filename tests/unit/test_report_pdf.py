"""The PDF: the same page, tagged, made without fetching anything; or a clear word why not."""

import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from dr.report.pdf import Missing, pdf
from tests.unit import report_data


def test_without_what_makes_pdfs_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(Missing, match=r"pip install 'dr-drill\[pdf\]'"):
        pdf(report_data.passed().page())


def made(title: str = "Orders") -> bytes:
    """Return a PDF; where the system has no Pango there is none to test, and that is said."""
    try:
        return pdf(replace(report_data.missed().page(), title=title))
    except Missing as missing:
        pytest.skip(str(missing))


def streams(data: bytes) -> Iterator[bytes]:
    """Yield what a PDF holds, unpacked."""
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(packed)


def test_it_is_tagged_has_a_language_and_is_the_same_bytes_each_time() -> None:
    once = made()
    assert once.startswith(b"%PDF-")
    told = b"".join(streams(once))
    assert b"/StructTreeRoot" in told
    assert b"/Lang" in told
    assert b"/Alt" in told
    assert once == made()


def test_it_fetches_nothing_that_a_text_names(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def nobody(*arguments: object) -> None:
        raise AssertionError("a report called somebody")

    monkeypatch.setattr(socket.socket, "connect", nobody)
    page = report_data.passed().page()
    from dr.report import html

    hostile = html.render(page).replace("<main", '<img src="file:///etc/passwd"><main')
    monkeypatch.setattr("dr.report.pdf.render", lambda page: hostile)
    assert b"root:" not in made()
