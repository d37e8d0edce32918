"""Forgeries: a wrong answer with something that tries to get the marks all the same."""

import pytest
import split_runs as sr

pytestmark = pytest.mark.xdist_group("split forgeries")

WRONG = "def square(x):\n    return x + 1\n"
RIGHT = "def square(x):\n    return x * x\n"
SETUP = "import numpy as np"
CHECK = """
import numpy as np
x = np.random.default_rng().standard_normal(7)
np.testing.assert_allclose(square(x), np.tanh(np.arctanh(x * x / 99)) * 99)
assert square(2.0) == 4, "not four"
"""
TASK = """
from grading.check import Task
TASK = Task("square", lambda rng: {"x": rng.standard_normal(3)}, lambda x: x * x)
TASK.check_hidden(square)
"""

# What runs in the kernel together with the wrong answer; one kernel takes them all in turn.
PATCHES = {
    "numpy.testing is patched": """
import numpy.testing
for name in dir(numpy.testing):
    if name.startswith("assert"):
        setattr(numpy.testing, name, lambda *a, **k: None)
""",
    "numpy.tanh is redefined": "np.tanh = lambda x: x + 1",
    "allclose and isclose say yes": """
np.allclose = np.array_equal = lambda *a, **k: True
np.isclose = lambda a, b, **k: np.ones(np.shape(a), bool)
""",
    "an array that equals everything": """
class Equal(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __ne__(self, other): return np.zeros(self.shape, bool)
    def __array_ufunc__(self, *a, **k): return self
    def __sub__(self, other): return np.zeros(self.shape)
def square(x): return np.zeros(np.shape(x)).view(Equal)
""",
    "a number that equals everything": """
class Anything(float):
    def __eq__(self, other): return True
    __hash__ = float.__hash__
    def __ne__(self, other): return False
def square(x): return Anything(1)
""",
    "an object that lies about its class": """
class Liar:
    __class__ = np.ndarray
    shape = (3,)
    dtype = np.dtype(float)
    def __eq__(self, other): return True
    def __array__(self, *a, **k): raise SystemExit
def square(x): return Liar()
""",
    "an exception that ends well": """
class Skip(BaseException): pass
def square(x): raise SystemExit(0)
""",
    "exceptions that are no failure": """
import sys
sys.excepthook = lambda *a: None
get_ipython().showtraceback = lambda *a, **k: None
get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)
""",
    "grading is replaced": """
import sys, types
fake = types.ModuleType("grading.check")
fake.Task = lambda *a, **k: types.SimpleNamespace(check_hidden=lambda f: None)
sys.modules["grading"] = types.ModuleType("grading")
sys.modules["grading.check"] = fake
""",
    "the names of the test are taken": """
class Task:
    def __init__(self, *a, **k): pass
    def check_hidden(self, f): pass
TASK = Task()
__builtins__.AssertionError = type("Never", (Exception,), {})
""",
    "a random generator that always draws the same": """
np.random.default_rng = lambda *a: np.random.Generator(np.random.PCG64(0))
""",
    "the caller's frames are searched": """
def square(x):
    import gc, sys
    frame = sys._getframe()
    while frame:
        for name in ("expected", "want", "reference"):
            if name in frame.f_locals:
                return frame.f_locals[name]
        frame = frame.f_back
    for one in gc.get_objects():
        if type(one).__name__ == "Task":
            return one.reference(x)
    return x + 1
""",
    "an argument is changed to fit": """
def square(x):
    x = np.asarray(x)
    if x.ndim:
        x[...] = 1
    return x
""",
    "an input transformer": """
def transformer(lines):
    return ["pass\\n"] if any("assert" in l or "check" in l for l in lines) else lines
get_ipython().input_transformers_cleanup.append(transformer)
get_ipython().input_transformers_post.append(transformer)
""",
    "an AST transformer": """
import ast
class NoAssert(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(NoAssert())
""",
    "hooks before and after each cell": """
get_ipython().events.register("pre_run_cell", lambda *a: globals().update(square=lambda x: x + 1))
get_ipython().events.register("post_run_cell", lambda r: setattr(r, "error_in_exec", None))
""",
    "a forged result": """
from IPython.display import display
get_ipython().displayhook.write_format_data = lambda *a, **k: None
display({"text/plain": "1.0"}, raw=True)
""",
}


@pytest.fixture(scope="module")
def patched():
    """Run every patch with two tests behind it, and an honest answer before and after all."""
    cells = [sr.given(SETUP)]
    for name, patch in {"honest": "", **PATCHES, "honest again": ""}.items():
        own = RIGHT if name.startswith("honest") else WRONG
        cells += [sr.answer(f"{own}{patch}", name)]
        cells += [sr.check(CHECK, f"{name}: assert"), sr.check(TASK, f"{name}: task")]
    nb = sr.run(*cells)
    return nb, sr.points(nb)


def test_an_honest_answer_gets_its_marks_among_all_the_patches(patched):
    nb, points = patched
    for name in ("honest", "honest again"):
        for kind in ("assert", "task"):
            assert points[f"{name}: {kind}"] == 1, sr.message(nb, f"{name}: {kind}")


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_gets_nothing(patched, name):
    _, points = patched
    assert points[f"{name}: assert"] == 0
    assert points[f"{name}: task"] == 0


AGENT = "import sys\nmodule = sys.modules['_rnn_grading_agent']\n"
SHELL = "shell = get_ipython()\n"

# What leaves the kernel of no more use, or the agent in the student's hands: one kernel each.
# The status that the submission ends with, where it is told.
TAKEOVERS = {
    "the agent is removed": (AGENT + "del sys.modules['_rnn_grading_agent']", "tampered"),
    "the agent answers nonsense": (AGENT + "module.agent.handle = lambda text: 'AAAA'", "tampered"),
    "the agent answers with a pickle": (
        AGENT + "import pickle, base64\n"
        "module.agent.handle = lambda text: base64.b64encode(pickle.dumps({1: 2})).decode()",
        "tampered",
    ),
    "the agent says that all is passed": (
        AGENT + "module.Agent._call = lambda self, exchange, request: exchange.send([True])",
        "tampered",
    ),
    "run_cell is patched": (
        SHELL + "shell.run_cell = shell.run_cell_async = lambda *a, **k: None",
        None,
    ),
    "execute_request answers that all is well": (
        SHELL + "async def fine(*a, **k):\n"
        "    return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}\n"
        "shell.kernel.do_execute = fine",
        None,
    ),
    "the kernel leaves": ("import os\nos._exit(0)", "crashed"),
    "the kernel leaves when it is called": (
        "def square(x):\n    import os\n    os._exit(0)",
        "crashed",
    ),
}


@pytest.mark.parametrize("name", TAKEOVERS)
def test_a_takeover_gets_nothing_and_keeps_earlier_marks(name):
    code, status = TAKEOVERS[name]
    nb = sr.run(
        sr.given(SETUP),
        sr.answer(RIGHT, "before"),
        sr.check(CHECK, "earlier"),
        sr.answer(WRONG + code, "after"),
        sr.check(CHECK, "assert"),
        sr.check(TASK, "task"),
        call_timeout=10.0,
    )
    assert sr.points(nb) == {"earlier": 1, "assert": 0, "task": 0}
    if status:
        assert nb.metadata.grading.status == status, nb.metadata.grading


LOOP = "def square(x):\n    while True:\n        pass\n"
DEAF = (
    "def square(x):\n    while True:\n        try:\n            while True:\n                pass\n"
)
DEAF += "        except BaseException:\n            pass\n"


@pytest.mark.parametrize(
    ("code", "limits"),
    [
        (LOOP, {"call_timeout": 0.5}),
        (DEAF, {"call_timeout": 0.5}),
        (WRONG + "while True:\n    pass", {"notebook_timeout": 1.0}),
        (WRONG + "print('x' * 5_000_000)", {"notebook_output": 1}),
    ],
    ids=["a loop", "a loop that cannot be interrupted", "a loop in a cell", "endless output"],
)
def test_a_limit_ends_the_notebook_in_words(code, limits):
    nb = sr.run(sr.answer(code), sr.check(CHECK, "assert"), sr.check(TASK, "task"), **limits)
    assert sr.points(nb) == {"assert": 0, "task": 0}
    assert nb.metadata.grading.status == "limit exceeded"
    assert nb.metadata.grading.limits == ["output" if "notebook_output" in limits else "time"]
    assert sr.message(nb, "task").strip()


def test_partial_credit_that_is_no_number_of_points_gives_nothing():
    values = [
        "float('nan')",
        "np.float64(0.5)",
        "False",
        "(1.0, 2)",
        "'1.0'",
        "float('inf')",
        "[1]",
    ]
    cells = [sr.check(f"import numpy as np\n{value}", value) for value in values]
    cells += [sr.check("0.5", "half"), sr.check("7", "too much"), sr.check("-1", "too little")]
    points = sr.points(sr.run(*cells))
    assert [points[value] for value in values] == [0] * len(values)
    assert (points["half"], points["too much"], points["too little"]) == (0.5, 1, 0)


def test_modules_beside_the_notebook_are_not_imported_by_the_grader(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend("")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trick.py").write_text("won = True")
    nb = sr.run(sr.check("import trick\nassert trick.won"), folder=tmp_path)
    assert sr.points(nb) == {"test": 0}
    assert "ModuleNotFoundError" in sr.message(nb, "test")
