"""Take pictures of the book's pages, to look at them one by one.

Each page is opened in Chromium on a desktop (1280 pixels wide) and a phone (390), in light and
in dark mode, and cut into tiles that can be read: the desktop's are a window each, the phone's
are three windows side by side, top to bottom and left to right. Neighbours overlap a little.
Build the book first.
"""

from __future__ import annotations

import argparse
import sys
from io import BytesIO
from pathlib import Path

import chromium
from pages import ROOT, SITE, find_pages
from PIL import Image
from serving import serve
from tqdm import tqdm

HEIGHT = 1400
OVERLAP = 120  # the theme's bar covers the top of the window
COLUMNS = {"desktop": 1, "phone": 3}


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python tests/browser/look.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("pages", nargs="*", metavar="PAGE", help="part of a page's path, as 07_lstm (all pages)")
    add("--site", type=Path, default=SITE, help="the built book (_build/html)")
    add("--out", type=Path, default=ROOT / "_build" / "looks", help="where to (_build/looks)")
    add("--device", nargs="+", choices=chromium.DEVICES, default=list(chromium.DEVICES))
    add("--mode", nargs="+", choices=chromium.MODES, default=list(chromium.MODES))
    add("--open", action="store_true", help="open hidden cells and answers first")
    return parser.parse_args(arguments)


def choose(site: Path, parts: list[str]) -> list[str]:
    """List the pages whose path holds one of ``parts``; all pages without any."""
    pages = find_pages(site)
    if not pages:
        sys.exit(f"No pages in {site}: build the book first (make book).")
    for part in parts:
        if not any(part in page for page in pages):
            sys.exit(f"No page's path holds {part!r}. There are:\n  " + "\n  ".join(pages))
    return [page for page in pages if not parts or any(part in page for part in parts)]


def photograph(page) -> list[Image.Image]:
    """Scroll through the page and photograph each window of it."""
    total = page.evaluate("document.documentElement.scrollHeight")
    tiles, top = [], 0
    while True:
        page.evaluate("top => window.scrollTo({top, behavior: 'instant'})", top)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        tiles.append(Image.open(BytesIO(page.screenshot(scale="css"))))
        if top + HEIGHT >= total:
            return tiles
        top = min(top + HEIGHT - OVERLAP, total - HEIGHT)


def join(tiles: list[Image.Image], columns: int) -> list[Image.Image]:
    """Put ``columns`` tiles side by side into one picture."""
    sheets = []
    for first in range(0, len(tiles), columns):
        group = tiles[first : first + columns]
        width = group[0].width
        sheet = Image.new("RGB", (columns * (width + 10) - 10, HEIGHT), "gray")
        for column, tile in enumerate(group):
            sheet.paste(tile, (column * (width + 10), 0))
        sheets.append(sheet)
    return sheets


def look(context, address: str, page_path: str, stem: Path, columns: int, unfold: bool) -> None:
    """Save the pictures of one page as ``stem``-1.png and so on."""
    page = context.new_page()
    page.goto(f"{address}/{page_path}")
    chromium.settle(page)
    if unfold:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for old in stem.parent.glob(f"{stem.name}-[0-9]*.png"):
        old.unlink()
    for number, sheet in enumerate(join(photograph(page), columns), start=1):
        sheet.save(f"{stem}-{number}.png")
    page.close()


def main() -> None:
    """Take the pictures that the command line asks for."""
    options = parse()
    if chromium.find_chromium() is None:
        sys.exit(chromium.MISSING)
    pages = choose(options.site, options.pages)
    options.out.mkdir(parents=True, exist_ok=True)
    kinds = [(device, mode) for device in options.device for mode in options.mode]
    with (
        serve(options.site) as address,
        chromium.start() as browser,
        tqdm(total=len(pages) * len(kinds), unit="page") as bar,
    ):
        for device, mode in kinds:
            settings = dict(chromium.DEVICES[device])
            settings["viewport"] = {**settings["viewport"], "height": HEIGHT}
            context = browser.new_context(color_scheme=mode, **settings)
            for path in pages:
                bar.set_postfix_str(f"{path} {device} {mode}")
                name = path.removesuffix(".html").replace("/", ".")
                stem = options.out / f"{name}-{device}-{mode}"
                look(context, address, path, stem, COLUMNS[device], options.open)
                bar.update()
            context.close()
    print(f"The pictures are in {options.out}")


if __name__ == "__main__":
    main()
