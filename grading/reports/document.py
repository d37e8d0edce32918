"""Whole HTML pages and tables that ask for nothing from elsewhere."""

from __future__ import annotations

import html

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; background: light-dark(#fff, #16181d); color: light-dark(#1c2128, #e4e7eb); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; vertical-align: top;
  border-bottom: 1px solid light-dark(#d5dae1, #3a414c); }
td { overflow-wrap: anywhere; } td.number { white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } svg { max-width: 100%; height: auto; }
mark { background: light-dark(#ffe9a8, #5c4a00); color: inherit; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.muted { color: light-dark(#57606a, #a3adb8); }
.bar { background: light-dark(#e4e8ee, #333a45); border-radius: .3rem; overflow: hidden; }
.bar > span { display: block; height: .7rem; background: #2f7ebc; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def document(title, body):
    """Wrap a body in a whole page whose policy forbids scripts and requests."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{html.escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def table(heads, rows, numbers=(), caption=""):
    """Make a table of text; every cell is escaped. ``numbers`` are columns of numbers."""

    def cells(tag, row):
        for column, value in enumerate(row):
            kind = ' class="number"' if column in numbers else ""
            scope = ' scope="col"' if tag == "th" else ""
            yield f"<{tag}{scope}{kind}>{html.escape(str(value))}</{tag}>"

    lines = [f"<tr>{''.join(cells('td', row))}</tr>" for row in rows]
    if not lines:
        return '<p class="muted">None.</p>'
    head = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    head += f"<thead><tr>{''.join(cells('th', heads))}</tr></thead>"
    return f'<div class="scroll"><table>{head}<tbody>{"".join(lines)}</tbody></table></div>'
