"""Kernels in the jail: started, interrupted, restarted and ended as Jupyter does it."""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time

import pytest
from jail_tools import alive, marked
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config

from grading.jail import JailRefused, provisioner
from grading.jail.execute import JailedExecute
from grading.jail.manager import KERNEL, JailedKernelManager


def config(tier, **values):
    """Settings as nbgrader_config.py makes them."""
    return Config({"JailedProvisioner": {"tier": tier, **values}})


async def say(client, source, heard=None):
    """Run code; give what it printed and its reply. `heard` is set when it says something."""
    said = []

    def hear(message):
        if message["msg_type"] == "stream":
            said.append(message["content"]["text"])
            if heard:
                heard.set()

    reply = await client.execute_interactive(source, timeout=60, output_hook=hear)
    return "".join(said), reply["content"]


@contextlib.asynccontextmanager
async def connected(manager):
    """Give a client of a started kernel."""
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        client.context.destroy(linger=0)


@contextlib.asynccontextmanager
async def started(settings, **options):
    """Give a manager with a started kernel, and end what is left of it."""
    manager = JailedKernelManager(config=settings)
    await manager.start_kernel(**options)
    try:
        yield manager
    finally:
        await manager.shutdown_kernel(now=True)


async def gone(name):
    """Whether all marked processes ended within a second."""
    end = time.monotonic() + 1
    while alive(name) and time.monotonic() < end:
        await asyncio.sleep(0.02)
    return not alive(name)


def test_life_of_a_kernel(jail_tier, tmp_path):
    """One kernel for many questions: a start takes half a second."""
    (tmp_path / "data.txt").write_text("from the submission")
    (tmp_path / "empty").mkdir()
    (tmp_path / "task.ipynb").write_text("hidden tests")
    name, mark = marked("")

    listing = "import os; print(sorted(os.listdir()), open('data.txt').read())"
    fork = "import os, time\nif os.fork() == 0: os.setsid(); time.sleep(60)"

    async def use(manager):
        async with connected(manager) as client:
            assert (await say(client, mark))[1]["status"] == "ok"
            assert (await say(client, listing))[0] == "['data.txt', 'empty'] from the submission\n"
            endless = "import time\nprint('on')\ntime.sleep(60)"
            heard = asyncio.Event()
            waiting = asyncio.create_task(say(client, endless, heard))
            await heard.wait()
            await manager.interrupt_kernel()
            assert (await waiting)[1]["ename"] == "KeyboardInterrupt"
            await say(client, "open('left', 'w').close()\n" + fork)
            assert len(alive(name)) > 1

    async def live():
        async with started(config(jail_tier, memory=1024), cwd=str(tmp_path)) as manager:
            jailed, folder = manager.provisioner, manager.provisioner.run.folder
            assert (jailed.tier, jailed.limits.memory, jailed.exceeded) == (jail_tier, 1024, None)
            await use(manager)
            await manager.restart_kernel(now=True)
            assert await gone(name)
            async with connected(manager) as client:
                assert (await say(client, "print('os' in dir())"))[0] == "False\n"
                assert (await say(client, listing))[
                    0
                ] == "['data.txt', 'empty'] from the submission\n"
                await say(client, mark + fork)
            await manager.shutdown_kernel()
            assert await gone(name)
            assert not folder.exists()
            assert (jailed.tier, jailed.exceeded) == (jail_tier, None)

    asyncio.run(live())


def test_limit_that_ended_a_kernel_is_known_afterwards(jail_tier):
    bomb = "import time\nheld = [bytearray(9 << 20) for _ in range(1000)]\ntime.sleep(60)"

    async def live():
        async with started(config(jail_tier, memory=300)) as manager:
            async with connected(manager) as client:
                client.execute(bomb)
                while await manager.is_alive():
                    await asyncio.sleep(0.05)
            return manager.provisioner

    jailed = asyncio.run(asyncio.wait_for(live(), 60))
    assert jailed.exceeded == "memory"


@pytest.mark.parametrize("how", ["exec", "thread"])
def test_nothing_outlives_a_grader_that_is_killed(jail_tier, how, tmp_path):
    name, source = marked("import time\nprint('on', flush=True)\ntime.sleep(60)")
    grader = (
        f"from grading.jail import run_script\nrun_script({source!r}, tier={jail_tier!r})"
        if how == "exec"
        else "import threading\nfrom grading.jail import run_script\n"
        f"threading.Thread(target=run_script, args=({source!r},), "
        f"kwargs=dict(tier={jail_tier!r})).start()"
    )
    process = subprocess.Popen([sys.executable, "-c", grader])
    try:
        end = time.monotonic() + 60
        while not alive(name) and time.monotonic() < end:
            time.sleep(0.05)
        assert alive(name)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert asyncio.run(gone(name))


def test_refusal_reaches_whoever_starts_a_kernel(monkeypatch):
    monkeypatch.setattr(provisioner.tiers, "try_tier", lambda tier: "not here")
    manager = JailedKernelManager()
    with pytest.raises(JailRefused, match="apt install bubblewrap"):
        asyncio.run(manager.start_kernel())


def test_tier_from_the_environment(monkeypatch):
    monkeypatch.setenv(provisioner.TIER_VARIABLE, "none")
    with pytest.raises(JailRefused, match="allow_unprotected is not set"):
        asyncio.run(JailedKernelManager().start_kernel())


def test_tier_is_told_once(jail_tier, caplog, monkeypatch):
    monkeypatch.setattr(provisioner, "_told", set())
    caplog.set_level(logging.INFO)

    async def start():
        async with started(config(jail_tier)) as manager:
            assert manager.has_kernel

    asyncio.run(start())
    asyncio.run(start())
    assert caplog.text.count(f"runs in the tier: {jail_tier}") == 1


def test_old_landlock_still_runs_a_kernel(monkeypatch):
    """Before version 6 seccomp stands in for what Landlock did not know."""
    monkeypatch.setattr("grading.jail.landlock.version", lambda: 2)

    source = f"import os\ntry: os.kill({os.getpid()}, 0)\nexcept OSError as e: print(e)"

    async def live():
        async with started(config("landlock")) as manager, connected(manager) as client:
            return (await say(client, source))[0]

    assert asyncio.run(live()) == "[Errno 1] Operation not permitted\n"


def test_no_other_jupyter_knows_the_kernel():
    assert KERNEL not in KernelSpecManager().find_kernel_specs()
    assert AsyncKernelManager().kernel_name == "python3"
    assert KERNEL in JailedKernelManager().kernel_spec_manager.find_kernel_specs()


def test_checks_come_in_only_where_they_run_inside():
    execute = JailedExecute(config=config("auto", memory=100))
    packages = {}
    for split in (True, False):
        execute.split = split
        made = execute.create_kernel_manager()
        made.context.destroy()
        packages[split] = made.config.JailedProvisioner.get("packages")
        assert made.config.JailedProvisioner.memory == 100
    assert packages == {True: None, False: ["rnncore", "grading"]}
