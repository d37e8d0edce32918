"""What the process does once from which the grading processes are copied.

Importing nbgrader takes two seconds, importing the course's checks and trying which jail works
here take more: each copy would pay for it again.
"""

import contextlib
import importlib
import pkgutil

from sqlalchemy.orm import configure_mappers

import grading.classroom.tasks
import grading.jail.execute
import grading.split.rebase
import grading.tasks
from grading.jail import JailRefused, tiers

for module in pkgutil.iter_modules(grading.tasks.__path__):
    importlib.import_module(f"grading.tasks.{module.name}")
configure_mappers()
with contextlib.suppress(JailRefused):
    tiers.choose()
