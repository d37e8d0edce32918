"""Formulas in formgrader without another host.

nbgrader's page loads MathJax from a public network of copies (cdnjs), whatever is configured.
That tells a stranger when work is graded, lets the stranger's script run with the instructor's
rights, and without a network the page's shortcuts fail, since its own script waits for MathJax.
"""

from __future__ import annotations

import re
from importlib.util import find_spec

from jinja2 import DictLoader
from nbconvert.preprocessors import Preprocessor
from traitlets import Bool

TEMPLATE = "mathjax.html.j2"
ADDRESS = re.compile(r"https://cdnjs\.cloudflare\.com/[^\"']*")
# Of the package jupyter_server_mathjax, which Jupyter's server hands out itself. "Safe" is
# MathJax's own filter of what formulas may do.
LOCAL = "/static/jupyter_server_mathjax/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe"
# The one font that the package holds.
FONT = '"HTML-CSS": {availableFonts: [], preferredFont: null, imageFont: null, webFont: "STIX-Web"}'


class LocalMathJax(Preprocessor):
    """Let the pages of a Jupyter server take MathJax from that server.

    Pages that no server shows, such as feedback, stay as they are: only formgrader gives the
    ``base_url`` of a server. The notebook is not changed.
    """

    enabled = Bool(True, help="Whether to use it.").tag(config=True)

    def preprocess(self, nb, resources):
        """Replace the address in the template of the exporter that uses this."""
        exporter = self.parent
        base_url = resources.get("base_url")
        if base_url is None or exporter.extra_loaders or not find_spec("jupyter_server_mathjax"):
            return nb, resources
        environment = exporter.environment
        source, _, _ = environment.loader.get_source(environment, TEMPLATE)
        local = ADDRESS.sub(base_url.rstrip("/") + LOCAL, source)
        local = local.replace("CommonHTML:", f"{FONT},\n                CommonHTML:", 1)
        # A change of this trait makes the exporter read its templates again.
        exporter.extra_loaders = [DictLoader({TEMPLATE: local})]
        return nb, resources
