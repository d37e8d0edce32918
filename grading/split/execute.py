"""Run a submission: the student's cells in a kernel, the test cells here."""

import asyncio
import time

import zmq
from nbclient.exceptions import CellExecutionComplete, CellTimeoutError
from nbclient.util import ensure_async, run_sync
from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Bool, Enum, Float, Integer, List, Unicode

from .agent import install
from .line import BadReplyError, CallTimeoutError, KernelGoneError, Line
from .names import imports
from .outputs import OutputLimit, tidy, unsplit_outputs, weight
from .proxies import Student
from .trusted import Trusted, failure
from .verdict import REASONS, Verdict

MESSAGE_BYTES = 48 * 2**20
WAITING_MESSAGES = 64


class SplitExecute(Execute):
    """Executes a submission in two places, so that it cannot forge its mark.

    The student's cells and the given cells run in a kernel, in order, as nbgrader runs them. A
    test cell runs here, when its turn comes; it calls the student's functions through proxies.
    """

    notebook_timeout = Float(300.0, help="Seconds that a whole notebook may take.").tag(config=True)
    call_timeout = Float(30.0, help="Seconds that a call of a student's function may take.").tag(
        config=True
    )
    cell_output = Integer(1000, help="KiB of output that are kept of one cell.").tag(config=True)
    notebook_output = Integer(50, help="MiB of output after which a notebook is ended.").tag(
        config=True
    )
    unsplit = List(
        Unicode(),
        help="Assignments whose test cells run in the student's kernel: their marks can be forged.",
    ).tag(config=True)
    closed_library = Bool(
        True,
        help="Whether rnncore is out of an answer's reach while it is checked, but for what its "
        "task names.",
    ).tag(config=True)
    shutdown_kernel = Enum(["graceful", "immediate"], default_value="immediate").tag(config=True)
    store_widget_state = Bool(False).tag(config=True)
    record_timing = Bool(False).tag(config=True)
    iopub_timeout = Integer(20, help="Seconds to wait for output after a cell's end.").tag(
        config=True
    )

    def preprocess(self, nb, resources, km=None):
        """Execute a notebook; whatever it does, every test cell has an outcome."""
        self.verdict = Verdict(nb)
        self.given, self.trusted, self.line, self.provisioner = {}, None, None, None
        self.limit = OutputLimit(self.cell_output << 10, self.notebook_output << 20)
        self.split = resources.get("nbgrader", {}).get("assignment") not in self.unsplit
        self.timeout_func = self._seconds_for
        tests = [cell for cell in nb.cells if _is_test(cell)]
        for cell in tests:
            cell.outputs = [failure("NotRun", "This check did not run.")]
        if not self.split:
            self.verdict.forgeable = [cell.metadata.nbgrader["grade_id"] for cell in tests]
        self.deadline = time.monotonic() + self.startup_timeout + self.notebook_timeout
        nb, resources = super().preprocess(nb, resources, km)
        for number, cell in enumerate(nb.cells, start=1):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = tidy(cell.outputs), number
        self.verdict.write(nb, getattr(self.provisioner, "tier", None))
        return nb, resources

    def create_kernel_manager(self):
        """Bound what the kernel can make this process hold before it is looked at."""
        manager = super().create_kernel_manager()
        manager.context.setsockopt(zmq.MAXMSGSIZE, MESSAGE_BYTES)
        manager.context.setsockopt(zmq.RCVHWM, WAITING_MESSAGES)
        return manager

    def preprocess_cell(self, cell, resources, index):
        """Run one cell in its place; after the end of the kernel, test cells fail in words."""
        self._check_assign_resources(resources)
        if cell.cell_type != "code" or not cell.source.strip():
            return cell, self.resources
        if self.verdict.ended is None and self.line is None:
            self._guarded(self._open)
        if self.verdict.ended is None and time.monotonic() > self.deadline:
            self._end("time")
        if self.verdict.ended is None:
            here = self.split and _is_test(cell)
            self._guarded(self._run_test if here else self._run_there, cell, index)
        if self.verdict.ended is not None and _is_test(cell) and _did_not_run(cell):
            reason = REASONS.get(self.verdict.ended, REASONS["crashed"])
            cell.outputs = [failure("NotRun", f"{reason}, so that this check did not run.")]
        return cell, self.resources

    def _guarded(self, step, *args):
        """Take a step; what the kernel may do to it becomes a verdict."""
        try:
            step(*args)
        except KernelGoneError as gone:
            self._end(gone.args[0] if gone.args else "")
        except CallTimeoutError:
            self.verdict.limits.append("time")
        except CellTimeoutError:  # the messages of the cell's end were lost among others
            self._end("output")
        except Exception as problem:
            # nbclient and its queues raise many things when a kernel dies or lies.
            self.log.warning("Ending the kernel: %s: %s", type(problem).__name__, problem)
            self._end("")

    def _open(self):
        self.provisioner = getattr(self.km, "provisioner", None)
        self.deadline = time.monotonic() + self.notebook_timeout
        self.line = Line(
            self.kc,
            alive=lambda: run_sync(self._alive)(),
            interrupt=lambda: run_sync(self._interrupt)(),
            received=self._count,
            **_thread_of_the_loop(),
        )
        self.trusted = Trusted(
            Student(self.line, self._call_deadline, self.closed_library),
            self.given,
            self.resources.get("metadata", {}).get("path", ""),
        )
        self.line.execute(install(), self._call_deadline())

    async def _alive(self):
        return await ensure_async(self.kc.is_alive())

    async def _interrupt(self):
        await ensure_async(self.km.interrupt_kernel())

    def _run_test(self, cell, index):
        meta = cell.metadata.nbgrader
        try:
            cell.outputs = self.trusted.run(cell.source, meta["grade_id"], meta["points"])
        except BadReplyError as problem:
            self.verdict.bad_reply(meta["grade_id"], problem)
            said = "The answer could not be asked for its results."
            cell.outputs = [failure("NoAnswer", said)]
        if any(output.get("ename") == "TimeoutError" for output in cell.outputs):
            self.verdict.limits.append("time")

    def _run_there(self, cell, index):
        if _is_given(cell):
            self.given |= imports(cell.source)
        before = cell.outputs
        try:
            self.execute_cell(cell, index, store_history=True)
        except BaseException:
            cell.outputs = before if _is_test(cell) else cell.outputs
            raise
        if _is_test(cell):
            cell.outputs = unsplit_outputs(cell.outputs, cell.metadata.nbgrader["points"])

    def _call_deadline(self):
        return min(time.monotonic() + self.call_timeout, self.deadline)

    def _seconds_for(self, cell):
        """Give nbclient a cell's limit: its own, or what is left of the notebook's."""
        left = max(self.deadline - time.monotonic(), 0.1)
        return min(self.timeout, left) if self.timeout and self.timeout > 0 else left

    async def _async_handle_timeout(self, timeout, cell=None):
        """Note the limit, interrupt, and end a kernel that does not listen."""
        self.verdict.limits.append("time")
        return await super()._async_handle_timeout(timeout, cell)

    def process_message(self, msg, cell, cell_index):
        """Count, and keep what is within the limits; widgets are not looked at."""
        kind, content = msg["msg_type"], msg["content"]
        size = weight(content)
        self._count(size)
        if kind.startswith("comm"):
            return None
        if kind not in ("status", "execute_input"):
            keep = self.limit.keep(cell_index, size)
            if keep == "no":
                return None
            if keep == "cut":
                self.verdict.notes.append(f"Output of cell {cell_index + 1} was cut.")
                text = "... the rest of the output is cut ...\n"
                msg = {**msg, "msg_type": "stream", "content": {"name": "stdout", "text": text}}
                msg["header"] = {**msg["header"], "msg_type": "stream"}
        try:
            return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except Exception as problem:
            self.log.warning("An odd message is ignored: %s", type(problem).__name__)
            return None

    def _count(self, size):
        if not self.limit.count(size) and self.verdict.ended is None:
            raise KernelGoneError("output")

    def _end(self, reason):
        """End the kernel; nothing runs in it any more."""
        if self.verdict.ended is not None:
            return
        exceeded = getattr(self.provisioner, "exceeded", None)
        self.verdict.end(exceeded or reason or "crashed")
        try:
            run_sync(self._kill)()
        except Exception as problem:
            self.log.warning("The kernel could not be ended: %s", problem)

    async def _kill(self):
        await asyncio.wait_for(ensure_async(self.km.shutdown_kernel(now=True)), 15)


def _thread_of_the_loop():
    """Say where nbclient uses the kernel's sockets: in a Jupyter server not in this thread.

    A loop that runs here (formgrader's) makes `run_sync` use a loop of its own in another thread,
    and that one goes on looking at the sockets between two calls.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return {}

    async def call(function, *arguments):
        return function(*arguments)

    return {"there": run_sync(call)}


def _is_test(cell):
    return utils.is_grade(cell) and not utils.is_solution(cell) and cell.cell_type == "code"


def _is_given(cell):
    return utils.is_locked(cell) and not utils.is_grade(cell)


def _did_not_run(cell):
    return any(output.get("ename") == "NotRun" for output in cell.outputs)
