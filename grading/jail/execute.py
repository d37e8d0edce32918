"""nbgrader's execution of a submission, with the student's kernel in the jail."""

from __future__ import annotations

from traitlets import Unicode
from traitlets.config import Config

from grading.split.execute import SplitExecute

from .manager import KERNEL, JailedKernelManager


class JailedExecute(SplitExecute):
    """Run the student's cells in a jailed kernel, and the test cells here.

    All settings of `SplitExecute`, ``c.SplitExecute.notebook_timeout`` and the others, hold here
    too; those of the jail are ``c.JailedProvisioner.memory`` and its neighbours.
    """

    kernel_name = Unicode(KERNEL, help="The kernelspec that names the jail.").tag(config=True)

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("kernel_manager_class", JailedKernelManager)
        super().__init__(*args, **kwargs)

    def create_kernel_manager(self):
        """Let the checks in where an assignment's test cells run in the student's kernel."""
        manager = super().create_kernel_manager()
        if not self.split:
            packages = self.config.JailedProvisioner.get("packages", ["rnncore"])
            packages = list(dict.fromkeys([*packages, "grading"]))
            manager.update_config(Config({"JailedProvisioner": {"packages": packages}}))
        return manager
