"""The report as one self-contained HTML file: no script, no network, the same bytes every time.

Everything is escaped by the template engine (`autoescape=True`; `select_autoescape` would not
escape a name such as `report.html.j2`), every attribute is quoted, and a content security policy
forbids whatever might slip through. Styles are inline, drawings are our own SVG.
"""

from functools import cache
from typing import TYPE_CHECKING

from dr.report.bar import BAR_HEIGHT, BAR_WIDTH
from dr.report.environment import environment
from dr.report.parts import Page
from dr.report.svg import LEFT, PLOT, WIDTH

if TYPE_CHECKING:
    from jinja2 import Template


def render(page: Page) -> str:
    """Return the HTML of a page. Pure: the same page gives the same text."""
    return _template().render(page=page)


@cache
def _template() -> "Template":
    made = environment()
    # One place says how large a drawing is; macros that are imported see globals, not variables.
    made.globals["size"] = {
        "left": LEFT,
        "plot": PLOT,
        "width": WIDTH,
        "bar_width": BAR_WIDTH,
        "bar_height": BAR_HEIGHT,
    }
    return made.get_template("report.html.j2")
