"""Find the course's kernelspec without showing it to anybody's JupyterLab."""

from __future__ import annotations

from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

KERNEL = "rnn-jailed"
KERNELS = Path(__file__).with_name("kernels")


class JailedKernelManager(AsyncKernelManager):
    """A kernel manager that knows one kernel more than Jupyter's own.

    With an environment variable instead (``JUPYTER_PATH``), a learner's JupyterLab that reads
    the course's nbgrader_config.py would offer a kernel meant for grading.
    """

    @default("kernel_name")
    def _kernel_name_default(self):
        return KERNEL

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self):
        manager = KernelSpecManager(data_dir=self.data_dir)
        manager.kernel_dirs = [str(KERNELS), *manager.kernel_dirs]
        return manager
