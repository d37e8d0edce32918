"""Where student code runs: a process that sees, reaches and uses as little as it must.

Examples
--------
>>> from grading.jail import Limits, run_script
>>> int(run_script("print(6 * 7)", Limits(memory=512)).output)
42
"""

from .limits import Limits
from .script import Finished, run_script
from .tiers import JailRefused

__all__ = ["Finished", "JailRefused", "Limits", "run_script"]
