"""The source of the agent, as it goes into the student's kernel."""

from functools import cache
from pathlib import Path

from .student_side import ASK, OWN_FILE

MODULE = "_rnn_grading_agent"
PARTS = ("../library.py", "wire.py", "unwire.py", "shared.py", "student_side.py")
CALL = f"__import__('sys').modules['{MODULE}'].agent.handle"

INSTALL = f"""
def __install_grading_agent__(source, prefix):
    import sys, types
    module = types.ModuleType({MODULE!r})
    exec(compile(source, {OWN_FILE!r}, "exec"), module.__dict__)
    shell = get_ipython()
    module.agent = module.Agent(shell.user_ns, lambda text: shell.kernel.raw_input(text))
    sys.modules[{MODULE!r}] = module
"""


@cache
def source():
    """Join the agent's files to one, without the imports from each other."""
    folder = Path(__file__).parent
    lines = "\n".join((folder / part).read_text(encoding="utf-8") for part in PARTS).splitlines()
    return "\n".join(line for line in lines if not line.startswith("from ."))


@cache
def install():
    """Give the code that puts the agent into a kernel, and leaves no name behind."""
    call = f"__install_grading_agent__({source()!r}, {ASK!r})\ndel __install_grading_agent__"
    return INSTALL + call
