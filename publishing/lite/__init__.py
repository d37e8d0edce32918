"""JupyterLite: chapters and exercises with Python in the browser, as an opt-in build.

``python -m publishing.lite`` (``make lite``) writes the folder ``_build/lite``.
"""
