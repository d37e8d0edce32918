"""Ways to hand out the built book: one zip, one PDF, JupyterLite.

Each module runs from the root of the repository, on the pages in ``_build/html``.
"""
