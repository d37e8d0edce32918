"""What the process does once from which the grading processes are copied.

Importing nbgrader takes two seconds, importing the course's checks and trying which jail works
here take more: each copy would pay for it again.
"""

import contextlib
import importlib
import pkgutil

import nbformat
from nbformat.v4 import new_notebook
from sqlalchemy.orm import configure_mappers

import grading.tasks
from grading.jail import JailRefused, tiers

# What nbgrader, SQLAlchemy and jupyter_client import by name when they need it.
BY_NAME = (
    "IPython",
    "sqlalchemy.dialects.sqlite",
    "grading.classroom.tasks",
    "grading.jail.execute",
    "grading.jail.provisioner",
    "grading.split.rebase",
    "grading.variants.seeds",
    "nbgrader.preprocessors",
)

for name in BY_NAME:
    importlib.import_module(name)
for module in pkgutil.iter_modules(grading.tasks.__path__):
    importlib.import_module(f"grading.tasks.{module.name}")
configure_mappers()
nbformat.validate(new_notebook())  # compiles the format's schema
with contextlib.suppress(JailRefused):
    tiers.choose()
