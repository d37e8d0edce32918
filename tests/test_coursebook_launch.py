"""Buttons that open notebooks elsewhere."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from coursebook import launch


@pytest.mark.parametrize(
    ("environment", "options"),
    [
        ({}, {"launch_buttons": {}}),
        (
            {
                "COURSE_REPOSITORY_URL": "https://github.com/o/r",
                "COURSE_JUPYTERHUB_URL": "https://hub",
                "COURSE_COLAB": "1",
            },
            {
                "repository_url": "https://github.com/o/r",
                "launch_buttons": {"jupyterhub_url": "https://hub", "colab_url": launch.COLAB},
            },
        ),
    ],
)
def test_launch_buttons_appear_with_an_address(monkeypatch, environment, options):
    for name in ("REPOSITORY_URL", "REPOSITORY_BRANCH", "JUPYTERHUB_URL", "COLAB"):
        monkeypatch.delenv(f"COURSE_{name}", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = SimpleNamespace(html_theme_options={})
    launch.read_addresses(None, config)
    assert config.html_theme_options == {"repository_branch": "main", **options}


def test_a_launch_button_without_a_repository_is_an_error(monkeypatch):
    monkeypatch.delenv("COURSE_REPOSITORY_URL", raising=False)
    monkeypatch.setenv("COURSE_COLAB", "1")
    with pytest.raises(launch.ConfigError, match="set COURSE_REPOSITORY_URL"):
        launch.read_addresses(None, SimpleNamespace(html_theme_options={}))
