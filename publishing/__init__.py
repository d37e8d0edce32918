"""Ways to hand out the built book: one zip, one PDF, JupyterLite.

Each module runs from the root of the repository, on the pages in ``_build/html``.
"""

import sys
from pathlib import Path

# The book's own extension knows how to run node, and is no package that is installed.
sys.path.append(str(Path(__file__).resolve().parents[1] / "book" / "extension"))
