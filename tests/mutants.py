"""Break rnncore line by line with mutmut, and say which breaks no test notices.

``make mutants`` runs it for the modules that changed since; ``python tests/mutants.py dense.py``
tries this one again, as after a change of its tests. Besides mutmut's own changes (operators,
numbers, strings, arguments, assignments) every statement is deleted, every branch closed and every
loop emptied. What an error message says is left alone. ``mutant_runner.py`` runs the tests. The
result is ``tests/mutants.json``: the score of each module, and every survivor with the reason why
it may live.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "_build" / "mutants"  # copies of the project that mutmut works in
RESULT = ROOT / "tests" / "mutants.json"
CELLS = ["recurrent", "gated", "rnn", "layout", "properties", "parity"]
# A module is tried with the file of tests of its name, test_bad_input.py and these.
TESTS = {
    "bidirectional": ["properties"],
    "captioner": ["initializers"],
    "clip": ["parity"],
    "composite": ["captioner", "encoder_decoder", "language_model", "stack"],
    "conv2d": ["initializers"],
    "dense": ["properties"],
    "encoder_decoder": ["initializers"],
    "gated_steps": ["gated"],
    "gru": CELLS,
    "language_model": ["initializers"],
    "lstm": CELLS,
    "masking": ["properties"],
    "naming": ["language_model"],
    "pooling": ["properties"],
    "pooling2d": ["conv2d"],
    "recurrence": CELLS,
    "recurrent": [*CELLS, "initializers"],
    "rnn": CELLS,
    "sampling": ["initializers"],
    "steps": ["recurrent"],
    "validation": ["clip", "conv2d", "losses", "metrics", "optimizers"],
}
# Differences are slow, and the cells' gradients are held against PyTorch's.
CELLS_THEMSELVES = ("recurrence", "recurrent", "rnn", "lstm", "gru")
# The mathematics. Files, plots, other libraries and the loop of training are not mutated.
MODULES = sorted({
    *TESTS,
    *("batching", "bleu", "captioner", "conv2d", "dropout", "embedding", "encoder_decoder"),
    *("gradcheck", "initializers", "language_model", "losses", "metrics", "ngram", "optimizers"),
    *("sampling", "schedules", "searching", "stack", "truncated_bptt", "vocab"),
})  # fmt: skip
UNEXPLAINED = "not explained"
EQUIVALENT = {  # kinds of mutants that compute the same
    r"\+.*strict=False": "zip's guard, never met: lengths agree",
    r"\+.*reshape\(.*-2": "NumPy takes any negative number for -1",
    r"\+.*getattr\(x, \"ndim\", (4|None)\)": "any number but 2 leads to the check that names x",
    r"\+.*(copy=None|copy=True|y\.dtype, \))": "a copy more",
    r"\+.*dtype\.kind not in \"XX": "a kind is one letter, and the same stand in the new string",
    r"\+.*(empty|zeros)\(.*(None|, )\)": "a buffer's dtype: results keep theirs",
}


def main(names):
    """Try the modules, one process each, and keep the result of each as it comes."""
    wanted = [name.removesuffix(".py") for name in names] or [m for m in MODULES if changed(m)]
    for module in wanted:
        subprocess.run([sys.executable, __file__, "--one", module], check=True)
    modules = json.loads(RESULT.read_text())["modules"]
    sys.exit(any(UNEXPLAINED in m["survivors"].values() for m in modules.values()))


def tests_of(module):
    """List the files of tests that a module is tried with."""
    names = [module, "bad_input", *TESTS.get(module, [])]
    return [f"tests/test_{n}.py" for n in names if (ROOT / f"tests/test_{n}.py").exists()]


def selection(module):
    """Leave out what is slow, and the rows of test_bad_input.py about other modules' names."""
    text = (ROOT / f"rnncore/{module}.py").read_text()
    rows = (ROOT / "tests/test_bad_input.py").read_text()
    names = re.findall(r"^(?:class|def) ([A-Za-z]\w*)", text, re.MULTILINE)
    names = [name for name in names if f'    "{name}": ' in rows]
    parts = [" or ".join(["not gets_one_clear_error", *names])] if names else []
    parts += ["not differences"] * (module in CELLS_THEMSELVES)
    return " and ".join(f"({part})" for part in parts) or "test"


def source(module):
    """Hash a module; while its hash is the one on file, so is the result."""
    return hashlib.sha256((ROOT / f"rnncore/{module}.py").read_bytes()).hexdigest()[:16]


def changed(module):
    """Tell whether the result on file is that of another source."""
    if not RESULT.exists():
        return True
    known = json.loads(RESULT.read_text())["modules"]
    return known.get(module, {}).get("source") != source(module)


class WithoutPyTorch:
    """Hide PyTorch: each mutant would load it, and the score must not depend on it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Refuse PyTorch, and leave all else to the others."""
        if name == "torch":
            raise ModuleNotFoundError("hidden")


def try_module(module):
    """Let mutmut break one module in a copy of the project, try the tests, keep the result."""
    sys.meta_path.insert(0, WithoutPyTorch)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.append(str(ROOT))  # after the copy, for what tests import besides rnncore
    before = source(module)
    prepare(module)
    os.chdir(WORK / module)

    import mutmut.__main__ as mutmut
    from mutant_runner import survivors
    from mutmut.mutation.mutators import mutation_operators

    mutation_operators[:] = operators(mutation_operators)
    mutmut.set_mutant_under_test("mutant_generation")
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    mutmut.create_mutants(1)
    data = mutmut.SourceFileMutationData(path=f"rnncore/{module}.py")
    data.load()
    mutants = list(data.exit_code_by_key)
    os.chdir("mutants")
    options = ["-q", "-p", "no:cacheprovider", "-k", selection(module)]
    lived = survivors(mutants, [*options, *tests_of(module)])
    os.chdir("..")
    alive = sorted(describe(mutant, data.path) for mutant in lived)
    keep(module, {"source": before, "mutants": len(mutants), "survivors": alive})


def prepare(module):
    """Copy the project and add mutmut's settings."""
    copy = WORK / module
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("rnncore", "tests"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, copy / name, ignore=ignore)
    (copy / "mutants").mkdir()
    settings = {
        "source_paths": ["rnncore"],
        "only_mutate": [f"rnncore/{module}.py"],
        "do_not_mutate_patterns": [r"^\s*raise "],
        "track_dependencies": False,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    project = (ROOT / "pyproject.toml").read_text()
    (copy / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines, ""]))


def operators(known):
    """Let a string change once, not letters of a shape; cut statements, branches and loops."""
    import libcst as cst
    import libcst.matchers as m
    from mutmut.mutation.mutators import operator_arg_removal, operator_string

    def other_string(node):
        if not re.search(r"^.[A-Z].$", getattr(node, "value", "")):  # the N of (N, T, D)
            yield from islice(operator_string(node), 1)

    def other_arguments(node):
        # Without out= only memory changes, without strict= only a guard: not to be noticed.
        fixed = [a for a in node.args if a.keyword and a.keyword.value in ("out", "strict")]
        for other in operator_arg_removal(node):
            if all(any(a is b for b in other.args) for a in fixed):
                yield other

    def without_statement(node):
        (statement, *_) = node.body
        docstring = m.matches(statement, m.Expr(m.SimpleString() | m.ConcatenatedString()))
        if isinstance(statement, cst.Expr | cst.Assign | cst.AugAssign) and not docstring:
            yield node.with_changes(body=[cst.Pass()])

    def without_branch(node):
        yield node.with_changes(test=cst.Name("False"))

    def without_loop(node):
        yield node.with_changes(iter=cst.Tuple([]))

    replaced = (operator_string, operator_arg_removal)
    return [
        *[pair for pair in known if pair[1] not in replaced],
        (cst.BaseString, other_string),
        (cst.Call, other_arguments),
        (cst.SimpleStatementLine, without_statement),
        (cst.If, without_branch),
        (cst.For, without_loop),
    ]


def describe(name, path):
    """Give the function and the changed line of a mutant."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    diff = get_diff_for_mutant(name, path=path).splitlines()
    changed = [line[0] + " " + line[1:].strip() for line in diff[2:] if line[:1] in "+-"]
    function = name.rpartition(".")[2].rpartition("__mutmut_")[0].removeprefix("x")
    return function.replace("ǁ", ".").lstrip("._") + ": " + "  ".join(changed)


def keep(module, found):
    """Write what was found into the result, with the reasons given before, and print it."""
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {"modules": {}}
    reasons = result["modules"].get(module, {}).get("survivors", {})
    given = {s: reason for s, reason in reasons.items() if reason != UNEXPLAINED}
    survivors = {s: given.get(s, guess(s)) for s in found["survivors"]}
    found = {"score": score([{**found, "survivors": survivors}]), **found, "survivors": survivors}
    modules = dict(sorted((result["modules"] | {module: found}).items()))
    versions = {name: version(name) for name in ("mutmut", "numpy", "pytest", "hypothesis")}
    result = {
        "command": "make mutants",
        "versions": {"python": platform.python_version(), **versions},
        "score": score(modules.values()),
        "modules": modules,
    }
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{module}: {found['score']}; in all {result['score']}")
    for survivor, reason in survivors.items():
        print(f"    {survivor}\n        {reason}")


def score(modules):
    """Say how many mutants were killed, and of those that do not compute the same, what share."""
    total = sum(m["mutants"] for m in modules)
    reasons = [reason for m in modules for reason in m["survivors"].values()]
    killed = total - len(reasons)
    same = sum(reason.startswith("equivalent") for reason in reasons)
    return (
        f"{killed} of {total} killed, {100 * killed / total:.1f} %; "
        f"{100 * killed / (total - same):.1f} % without {same} equivalent"
    )


def guess(survivor):
    """Give the reason for a survivor of a known kind."""
    return next(
        (
            f"equivalent: {reason}"
            for kind, reason in EQUIVALENT.items()
            if re.search(kind, survivor)
        ),
        UNEXPLAINED,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        try_module(sys.argv[2])
    else:
        main(sys.argv[1:])
