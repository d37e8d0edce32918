"""Delete every statement of every backward pass in turn; the tests must notice each time.

Run with ``python tests/mutants.py`` (``make mutants``), or for some modules only: ``python
tests/mutants.py dense.py stack.py``. Exits with 1 when a mutant survives.
"""

import ast
import multiprocessing
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy  # noqa: F401  (loaded before the forks)
import pytest
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("test_recurrent.py", "test_gated.py", "test_rnn.py", "test_properties.py")
MODULES = {
    "steps.py": ("test_steps.py", "test_recurrent.py"),
    "gated_steps.py": ("test_gated.py",),
    "recurrence.py": LAYERS,
    "recurrent.py": LAYERS,
    "rnn.py": LAYERS,
    "lstm.py": LAYERS,
    "gru.py": LAYERS,
    "dense.py": ("test_dense.py",),
    "dropout.py": ("test_dropout.py",),
    "embedding.py": ("test_embedding.py",),
    "bidirectional.py": ("test_bidirectional.py",),
    "stack.py": ("test_stack.py",),
    "pooling.py": ("test_pooling.py",),
    "conv2d.py": ("test_conv2d.py",),
    "pooling2d.py": ("test_conv2d.py",),
    "language_model.py": ("test_language_model.py",),
    "encoder_decoder.py": ("test_encoder_decoder.py",),
    "captioner.py": ("test_captioner.py",),
    "losses.py": ("test_losses.py",),
}
GRADIENTS = ("slope", "pass_through", "_split", "softmax_cross_entropy", "mean_squared_error")


def is_backward(function):
    """Tell whether a function computes a gradient."""
    return "backward" in function.name or "gradients" in function.name or function.name in GRADIENTS


def statements(tree):
    """Find every statement of the backward passes, with the list that holds it."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and is_backward(function):
            for node in ast.walk(function):
                for field in ("body", "orelse"):
                    block = getattr(node, field, None)
                    for i, statement in enumerate(block if isinstance(block, list) else []):
                        if not is_docstring(statement):
                            yield block, i


def is_docstring(statement):
    """Tell whether a statement is a lone string."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def mutants(source):
    """Yield the line deleted and the source without it."""
    for k in range(sum(1 for _ in statements(ast.parse(source)))):
        tree = ast.parse(source)
        block, i = list(statements(tree))[k]
        removed = block[i]
        block[i] = ast.copy_location(ast.Pass(), removed)
        yield removed.lineno, ast.unparse(removed).splitlines()[0], ast.unparse(tree)


def survives(package, module, tests, mutated):
    """Run the module's tests against the mutated package; tell whether all pass."""
    path = package / "rnncore" / module
    kept = path.read_text()
    path.write_text(mutated)
    # A fork starts with NumPy and pytest loaded, so a mutant costs its tests alone.
    child = multiprocessing.get_context("fork").Process(target=run_tests, args=(package, tests))
    child.start()
    child.join()
    path.write_text(kept)
    return child.exitcode == 0


def run_tests(package, tests):
    """Run test files of the copied project in this process, silently."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.chdir(package)
    sys.path.insert(0, str(package))
    sys.dont_write_bytecode = True
    with open(os.devnull, "w") as silence:
        os.dup2(silence.fileno(), 1)
        os.dup2(silence.fileno(), 2)
        files = [f"tests/{test}" for test in tests]
        os._exit(pytest.main(["-xq", "--tb=no", "-p", "no:cacheprovider", *files]))


def main(modules):
    """Print every survivor in these modules, and the count."""
    chosen = {module: MODULES[module] for module in modules or MODULES}
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder)
        for name in ("rnncore", "tests"):
            shutil.copytree(
                ROOT / name, package / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(ROOT / "pyproject.toml", package)
        jobs = [
            (module, tests, mutant)
            for module, tests in chosen.items()
            for mutant in mutants((ROOT / "rnncore" / module).read_text())
        ]
        for module, tests in chosen.items():
            if not survives(package, module, tests, (ROOT / "rnncore" / module).read_text()):
                sys.exit(f"{tests} fail without any mutation")
        survivors = [
            f"rnncore/{module}:{line}: {text}"
            for module, tests, (line, text, mutated) in tqdm(jobs, unit="mutant")
            if survives(package, module, tests, mutated)
        ]
    print("\n".join(survivors))
    print(f"{len(jobs) - len(survivors)} of {len(jobs)} deletions were noticed")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main(sys.argv[1:])
