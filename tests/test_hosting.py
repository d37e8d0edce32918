"""The page on hosting and the workflow that publishes: what they say works."""

import re
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from publishing import site

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "book" / "hosting.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


@pytest.fixture(scope="module")
def workflow():
    """Read the workflow."""
    path = ROOT / ".github" / "workflows" / "publish.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(workflow):
    """List every step of every job."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_the_workflow_runs_targets_that_exist(workflow):
    commands = [line for step in steps(workflow) for line in step.get("run", "").splitlines()]
    assert commands
    for command in commands:
        program, *targets = command.split()
        assert program == "make"
        assert targets
        assert set(targets) <= TARGETS


def test_the_workflow_uploads_what_make_site_fills(workflow):
    uploads = [step["with"]["path"] for step in steps(workflow) if "upload" in step.get("uses", "")]
    assert uploads == ["_build/site"]
    recipe = MAKEFILE.split("\nsite:")[1].split("\n\n")[0]
    assert "python -m publishing.site" in recipe
    assert str(site.BUILD / "site") == uploads[0]


def test_actions_are_pinned_to_a_commit(workflow):
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert len(used) == 4
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action)


def test_only_the_deployment_may_write(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in workflow["jobs"]["build"]
    assert workflow["jobs"]["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
    # YAML reads the key `on` as true.
    assert set(workflow[True]) == {"push", "workflow_dispatch"}
    assert workflow[True]["push"] == {"branches": ["main"]}


def test_commands_of_the_page_exist():
    named = set(re.findall(r"`make ([a-z]+)`", PAGE)) | set(
        re.findall(r"^make ([a-z]+)", PAGE, re.M)
    )
    assert {"book", "zip", "pdf", "site", "serve"} <= named <= TARGETS


def test_files_of_the_page_are_what_the_commands_write():
    from publishing import archive, pdf

    assert f"`_build/{archive.NAME}.zip`" in PAGE
    assert f"`{pdf.PDF.as_posix()}`" in PAGE


def free_port():
    """Find a port that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def nginx(tmp_path):
    """Start nginx with the page's lines on a small site; give a function that asks it."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed: `apt-get install nginx-light` (Debian)")
    site, port = tmp_path / "site", free_port()
    (site / "_static").mkdir(parents=True)
    (site / "index.html").write_text("<p>" + "page " * 500)
    (site / "_static" / "book.css").write_text("a {}\n" * 500)
    server = re.search(r"```nginx\n(.*?)```", PAGE, re.DOTALL)[1]
    server = server.replace("listen 80;", f"listen 127.0.0.1:{port};")
    server = server.replace("root /srv/book;", f"root {site};")
    temporary = "\n".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = tmp_path / "nginx.conf"
    config.write_text(
        # nginx would give up root for a user that cannot see into pytest's folders.
        f"{'user root;' if tmp_path.owner() == 'root' else ''}\n"
        f"daemon off; pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; types {{ text/html html; text/css css; }}\n"
        f"{temporary}\n{server} }}"
    )
    process = subprocess.Popen([program, "-c", config], stderr=subprocess.PIPE, text=True)

    def ask(path):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "gzip"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.headers

    try:
        wait(port, process)
        yield ask
    finally:
        process.terminate()
        process.communicate()


def wait(port, process):
    """Wait until something listens on ``port``."""
    while process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(process.stderr.read())


def test_nginx_serves_compressed_and_cached_as_the_page_says(nginx):
    page, style = nginx("/"), nginx("/_static/book.css?v=1")
    assert page["Content-Encoding"] == style["Content-Encoding"] == "gzip"
    assert page["Cache-Control"] == "no-cache"
    assert style["Cache-Control"] == "public, max-age=604800"
