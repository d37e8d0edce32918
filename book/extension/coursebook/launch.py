"""Buttons that open a notebook on a JupyterHub or on Colab, for books that have an address.

The course does not know where it is hosted. ``_config.yml`` or these variables tell it:
COURSE_REPOSITORY_URL, COURSE_REPOSITORY_BRANCH (``main`` without it), COURSE_JUPYTERHUB_URL,
and COURSE_COLAB=1.
"""

from __future__ import annotations

import os

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

COLAB = "https://colab.research.google.com"


def read_addresses(app: Sphinx, config: Config) -> None:
    """Put the addresses of the environment into the options of the theme.

    Raises
    ------
    ConfigError
        When there is a button but no repository to take the notebooks from.
    """
    options = config.html_theme_options
    buttons = options.setdefault("launch_buttons", {})
    addresses = (
        (options, "repository_url", os.environ.get("COURSE_REPOSITORY_URL")),
        (options, "repository_branch", os.environ.get("COURSE_REPOSITORY_BRANCH")),
        (buttons, "jupyterhub_url", os.environ.get("COURSE_JUPYTERHUB_URL")),
        (buttons, "colab_url", COLAB if os.environ.get("COURSE_COLAB") == "1" else ""),
    )
    for where, key, address in addresses:
        if address:
            where[key] = address
    options.setdefault("repository_branch", "main")
    wanted = [key for key in ("jupyterhub_url", "colab_url") if buttons.get(key)]
    if wanted and not options.get("repository_url"):
        raise ConfigError(
            "The launch buttons need the address of the repository that the notebooks come "
            "from: set COURSE_REPOSITORY_URL, or `url` under `repository` in _config.yml"
        )


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("config-inited", read_addresses)
