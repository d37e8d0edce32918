"""What happens around the cells: imports, standard error, order, limits, hostile messages."""

import asyncio
import threading

import nbformat
import pytest
import split_runs as sr
import zmq

pytestmark = pytest.mark.xdist_group("split execution")

RIGHT = "def square(x):\n    return x * x\n"
ODD = """
from IPython.display import publish_display_data, display
send = get_ipython().kernel.session.send
socket, parent = get_ipython().kernel.iopub_socket, get_ipython().kernel.get_parent()
for data in ({"text/plain": 5}, {"application/javascript": "alert(1)"}):
    send(socket, "display_data", {"data": data, "metadata": {"a": [[]]}}, parent)
send(socket, "stream", {"name": "loud", "text": "fine"}, parent)
send(socket, "error", {"ename": 1, "evalue": None, "traceback": [2]}, parent)
send(socket, "execute_result", {"data": {"text/plain": "1"}, "execution_count": "x"}, parent)
send(socket, "nonsense", {}, parent)
"""


@pytest.fixture(scope="module")
def notebook():
    """Run cells that are strange and honest."""
    return sr.run(
        sr.given("import numpy as np\nfrom math import pi as circle"),
        sr.answer(RIGHT),
        sr.check("assert np.array_equal(square(np.ones(2) * 2), [4, 4])", "given imports"),
        sr.check("assert round(circle, 2) == 3.14", "given name"),
        sr.free("import sys\nprint('a progress bar', file=sys.stderr)"),
        sr.answer(
            "import sys, warnings\ndef loud(x):\n    print('loud', file=sys.stderr)\n"
            "    warnings.warn('careful')\n    print('out')\n    return x",
            "loud",
        ),
        sr.check("import sys\nprint('x', file=sys.stderr)\nassert loud(1) == 1", "standard error"),
        sr.answer("value = 1", "first"),
        sr.check("assert value == 1", "in order"),
        sr.answer("value = 2", "second"),
        sr.check("assert value == 2", "changed"),
        sr.check("kept = [value]\nimport math", "keeps"),
        sr.check("assert kept == [2] and math.pi > 3", "kept"),
        sr.check("nowhere", "unknown name"),
        sr.check("assert value ==", "no Python"),
        sr.check("raise SystemExit", "leaves"),
        sr.check("'quiet';", "semicolon"),
        sr.check(
            "class Own:\n    def __call__(self):\n        return value\nassert Own()() == 2", "own"
        ),
        sr.free(ODD),
        sr.free("raise ValueError('mine')"),
        sr.check("assert square(3) == 9", "after an error"),
    )


ZERO = ("unknown name", "no Python", "leaves")


def test_tests_get_what_one_kernel_would_give(notebook):
    points = sr.points(notebook)
    wrong = {
        name: sr.message(notebook, name)
        for name, got in points.items()
        if got != (0 if name in ZERO else 1)
    }
    assert not wrong


def test_messages_are_plain(notebook):
    assert sr.message(notebook, "unknown name") == "NameError: name 'nowhere' is not defined"
    assert "SyntaxError" in sr.message(notebook, "no Python")
    said = sr.message(notebook, "standard error")
    assert "out" in said
    assert "careful" in said


def test_no_output_of_a_test_counts_as_failure(notebook):
    streams = [
        output
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
        for output in cell.outputs
        if output.output_type == "stream"
    ]
    assert streams
    assert {output.name for output in streams} == {"stdout"}


def test_a_notebook_of_odd_messages_can_be_written(notebook, tmp_path):
    nbformat.validate(notebook)
    nbformat.write(notebook, tmp_path / "x.ipynb")
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert "javascript" not in str(outputs)
    assert "fine" in str(outputs)
    assert notebook.metadata.grading.status == "graded"
    assert notebook.metadata.grading.tier == "none"


def test_unsplit_tests_run_in_the_kernel_and_are_called_forgeable():
    nb = sr.run(
        sr.answer("def f():\n    return 1"),
        sr.check("import sys\nprint('x', file=sys.stderr)\nassert f() == 1", "a"),
        sr.check("'odd'", "b"),
        sr.check("0.5", "c"),
        sr.check("5", "d"),
        sr.check("assert False", "e"),
        assignment="whole",
        unsplit=["whole"],
    )
    assert sr.points(nb) == {"a": 1, "b": 0, "c": 0.5, "d": 1, "e": 0}
    assert nb.metadata.grading.forgeable == ["a", "b", "c", "d", "e"]


def test_output_of_a_cell_is_cut_and_the_rest_is_graded():
    nb = sr.run(
        sr.answer(RIGHT + "for k in range(300):\n    print('x' * 1000)"),
        sr.check("assert square(2) == 4"),
        cell_output=50,
    )
    assert sr.points(nb) == {"test": 1}
    kept = "".join(output.text for output in nb.cells[0].outputs)
    assert len(kept) < 60_000
    assert "cut" in kept
    assert nb.metadata.grading.notes == ["Output of cell 1 was cut."]


def test_in_a_server_the_kernels_sockets_are_used_in_one_thread(monkeypatch):
    """A loop runs in formgrader's thread; two threads at a socket end the whole server."""
    threads, receive = set(), zmq.Socket.recv_multipart

    def noted(socket, *arguments, **options):
        threads.add(threading.current_thread())
        return receive(socket, *arguments, **options)

    async def serve():
        return sr.run(sr.answer(RIGHT), sr.check("assert square(3) == 9"))

    monkeypatch.setattr(zmq.Socket, "recv_multipart", noted)
    assert sr.points(asyncio.run(serve())) == {"test": 1}
    assert len(threads) == 1
    assert threading.current_thread() not in threads
