"""Let other parts change a page as the theme wrote it, before it goes to its file.

They connect to the event ``page-written`` with a function of the Sphinx application, the page
(BeautifulSoup's tree, to be changed in place) and the page's name.
"""

from __future__ import annotations

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.jinja2glue import BuiltinTemplateLoader


class PageTemplates(BuiltinTemplateLoader):
    """Sphinx's templates; what they make of a page is shown to the other parts."""

    def init(self, builder, theme=None, dirs=None) -> None:
        """Keep the application, which knows who listens."""
        super().init(builder, theme, dirs)
        self.app = builder.app

    def render(self, template: str, context: dict) -> str:
        """Fill a template."""
        written = super().render(template, context)
        if not template.endswith(".html"):
            return written
        page = BeautifulSoup(written, "html.parser")
        self.app.emit("page-written", page, context["pagename"])
        return str(page)


def use_templates(app: Sphinx, config: Config) -> None:
    """Make Sphinx render pages with the class above."""
    config.template_bridge = f"{__name__}.{PageTemplates.__name__}"


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_event("page-written")
    app.connect("config-inited", use_templates)
