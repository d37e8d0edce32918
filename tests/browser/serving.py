"""Serve the built book as a usual host does: compressed, with the modification time."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

# What static hosts compress; fonts and pictures are compressed in themselves.
COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".txt", ".xml", ".ipynb"}


@cache
def compress(path: Path, modified: int) -> bytes:
    """Compress a file once for each time that it was modified."""
    return gzip.compress(path.read_bytes(), compresslevel=6)


class Handler(SimpleHTTPRequestHandler):
    """Answer with gzip where the browser takes it and the file gains by it."""

    protocol_version = "HTTP/1.1"

    def send_head(self):
        """Send the header of a compressed file, or leave the request to the parent."""
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.endswith("/"):
            path /= "index.html"
        accepted = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (accepted and path.is_file() and path.suffix in COMPRESSED):
            return super().send_head()
        body = compress(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)

    def guess_type(self, path):
        """Name the encoding, as hosts do."""
        kind = super().guess_type(path)
        is_text = kind.startswith("text/") or kind.endswith(("javascript", "json"))
        return f"{kind}; charset=utf-8" if is_text else kind

    def log_message(self, *_):
        """Say nothing: a page that is missing shows in the tests."""


@contextmanager
def serve(folder: Path):
    """Serve ``folder`` on a free port of this machine; give the address, without a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
