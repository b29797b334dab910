"""The report as a tagged PDF: the same HTML, set by WeasyPrint, which fetches nothing.

Errors: Missing if WeasyPrint or the libraries it stands on are not installed.
Limits: tagged, with alternative texts; nobody has certified it as PDF/UA or PDF/A. It needs fonts:
on a machine without any, install DejaVu or Liberation.
"""

from typing import Any, NoReturn

from dr.model.errors import DrError
from dr.report.html import render
from dr.report.parts import Page


class Missing(DrError):
    """What makes PDFs is not installed."""


def pdf(page: Page) -> bytes:
    """Return the PDF of a page. The same page gives the same bytes."""
    weasyprint = _weasyprint()

    class Nothing(weasyprint.urls.URLFetcher):  # type: ignore[name-defined,misc]
        """Fetches nothing: a report may show addresses, and must not call any."""

        def fetch(self, url: str, headers: Any = None) -> NoReturn:
            raise ValueError(f"a report fetches nothing, and not {url}")

    made = weasyprint.HTML(string=render(page), url_fetcher=Nothing(), base_url=None)
    found: bytes = made.write_pdf(pdf_tags=True)
    return found


def _weasyprint() -> Any:
    try:
        import weasyprint
        import weasyprint.urls
    except ImportError as error:
        raise Missing(
            "a PDF needs WeasyPrint: pip install 'dr-drill[pdf]' (or print the HTML from a browser)"
        ) from error
    except OSError as error:  # the package is there, a system library is not
        raise Missing(
            f"WeasyPrint cannot find a library it needs ({error}); on Debian and Ubuntu: "
            "apt install libpango-1.0-0 libpangoft2-1.0-0"
        ) from error
    return weasyprint
