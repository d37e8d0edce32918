"""Train the character model that the page of chapter 7 runs: ``make page-model``.

An LSTM reads Python source. Its weights, as bytes, go into
``book/assets/interactive/char_model_data.js``, with what it scores on modules that it was not
trained on, and which of its cells follow what a reader keeps track of.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import json
import platform
import tokenize
from pathlib import Path

import numpy as np

import rnncore as rc

TARGET = Path(__file__).parents[1] / "book" / "assets" / "interactive" / "char_model_data.js"
TRAINED_ON = (
    *("argparse", "ast", "base64", "bdb", "calendar", "cmd", "code", "configparser"),
    *("copy", "csv", "dataclasses", "difflib", "dis", "doctest", "enum", "fileinput", "fractions"),
    *("ftplib", "functools", "gettext", "glob", "gzip", "heapq", "imaplib", "inspect", "ipaddress"),
    *(
        "locale",
        "mailbox",
        "mimetypes",
        "netrc",
        "optparse",
        "pdb",
        "pickle",
        "platform",
        "plistlib",
    ),
    *("poplib", "pprint", "queue", "random", "sched", "selectors", "shelve", "shutil", "smtplib"),
    *("socket", "ssl", "statistics", "subprocess", "tarfile", "tempfile", "threading", "timeit"),
    *(
        "tokenize",
        "trace",
        "traceback",
        "types",
        "typing",
        "uuid",
        "warnings",
        "weakref",
        "zipfile",
    ),
)
SCORED_ON = ("shlex", "textwrap", "filecmp")
HIDDEN, EMBEDDING, STEPS, SEED = 80, 32, 6000, 0
RATE = 0.006
QUANTISED = {
    "E": "embedding.W",
    "Wxh": "cell.Wxh",
    "Whh": "cell.Whh",
    "Why": "head.W",
}
BIASES = {"bh": "cell.bh", "by": "head.b"}


def source(names: tuple[str, ...]) -> str:
    """Join modules of the standard library, ASCII only."""
    paths = (importlib.util.find_spec(name).origin for name in names)
    text = "\n".join(Path(path).read_text(encoding="utf-8") for path in paths)
    return text.encode("ascii", "ignore").decode()


def digest(text: str) -> str:
    """Hash a text: source files differ between versions of Python."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def build(vocab: rc.Vocab, dtype=np.float32) -> rc.LanguageModel:
    """Make the model, not trained."""
    sizes = {"hidden_size": HIDDEN, "embedding_size": EMBEDDING}
    rng = np.random.default_rng(SEED)
    return rc.LanguageModel(len(vocab), **sizes, cell=rc.LSTM, rng=rng, dtype=dtype)


def train(model: rc.LanguageModel, ids: np.ndarray) -> None:
    """Train by truncated BPTT with the state carried on."""
    rc.fit(
        model,
        lambda rng: rc.stream_batches(ids, 32, 64),
        rc.Adam(model.params),
        steps=STEPS,
        carry=True,
        max_norm=1.0,
        schedule=lambda k: RATE * (1 - 0.98 * k / STEPS),
    )


def quantise(params: dict[str, np.ndarray]) -> dict:
    """Write each matrix as bytes and one factor a column: ``W = bytes * scale``."""
    written = {}
    for name, key in QUANTISED.items():
        W = params[key]
        scale = np.abs(W).max(axis=0) / 127
        scale = np.array([float(f"{s:.4g}") for s in scale])
        codes = np.rint(W / np.where(scale == 0, 1, scale)).clip(-127, 127).astype(np.int8)
        written[name] = {
            "shape": W.shape,
            "scale": scale.tolist(),
            "bytes": base64.b64encode(codes.tobytes()).decode(),
        }
    for name, key in BIASES.items():
        written[name] = [float(f"{b:.4g}") for b in params[key]]
    return written


def restore(weights: dict) -> dict[str, np.ndarray]:
    """Read what `quantise` wrote, in float64 and under the model's own names."""
    params = {key: np.array(weights[name]) for name, key in BIASES.items()}
    for name, key in QUANTISED.items():
        codes = np.frombuffer(base64.b64decode(weights[name]["bytes"]), np.int8)
        params[key] = codes.reshape(weights[name]["shape"]) * np.array(weights[name]["scale"])
    return params


def with_params(vocab: rc.Vocab, params: dict[str, np.ndarray]) -> rc.LanguageModel:
    """Make a model in float64 that holds ``params``."""
    model = build(vocab, np.float64)
    for key, values in params.items():
        model.params[key][...] = values
    return model


def read(model: rc.LanguageModel, ids: np.ndarray) -> tuple[float, np.ndarray]:
    """Give bits per character on a text, and the cell states over it, ``(T, H)``."""
    x = model.embedding.params["W"][ids]
    p, h = model.cell.params, np.zeros((1, HIDDEN), model.cell.dtype)
    c, hidden, cells = h, [], []
    for x_t in x:
        h, c, _ = rc.lstm_step(x_t[None], h, c, p["Wxh"], p["Whh"], p["bh"])
        hidden.append(h[0])
        cells.append(c[0])
    logits, _, _ = model.head.forward(np.array(hidden)[None, :-1])
    loss, _ = rc.softmax_cross_entropy(logits, ids[None, 1:])
    return float(rc.bits_per_symbol(loss)), np.array(cells)


def facts(text: str) -> dict[str, np.ndarray]:
    """Give, for each character, what a reader of Python keeps track of; NaN where nothing."""
    lines = text.splitlines(keepends=True)
    starts = np.cumsum([0, *map(len, lines)])
    place = lambda point: starts[point[0] - 1] + point[1]  # noqa: E731
    change, string = np.zeros(len(text)), np.zeros(len(text))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.OP and token.string in "([{)]}":
            change[place(token.start)] = 1 if token.string in "([{" else -1
        elif token.type == tokenize.STRING:
            string[place(token.start) : place(token.end) - 1] = 1
    column = np.concatenate([np.arange(1, len(line) + 1) for line in lines])
    indent = np.concatenate([leading(line) for line in lines])
    return {
        "open brackets": (change.cumsum() > 0).astype(float),
        "the inside of strings": string,
        "the place in the line": np.minimum(column, 80).astype(float),
        "the depth of the indentation": indent,
    }


def leading(line: str) -> np.ndarray:
    """Give the spaces that a line began with, behind them; NaN on them and on an empty line."""
    count = len(line) - len(line.lstrip(" "))
    depth = np.full(len(line), float(count) if line.strip() else np.nan)
    depth[:count] = np.nan
    return depth


def correlations(cells: np.ndarray, fact: np.ndarray) -> np.ndarray:
    """Correlate every cell with a fact, where it is one: ``(H,)``."""
    there = ~np.isnan(fact)
    a = cells[there] - cells[there].mean(axis=0)
    b = fact[there] - fact[there].mean()
    return a.T @ b / np.sqrt((a**2).sum(axis=0) * (b**2).sum())


def followers(cells: np.ndarray, fresh: np.ndarray, text: str) -> list[dict]:
    """Find for each fact its cell on the first half of the text, and measure on the second.

    ``fresh`` are the cells of the model before training, of which the best is found alike.
    """
    half = len(text) // 2
    found = []
    for name, fact in facts(text).items():
        picks = {}
        for kind, states in (("correlation", cells), ("untrained", fresh)):
            best = int(np.abs(correlations(states[:half], fact[:half])).argmax())
            picks[kind] = best, float(correlations(states[half:], fact[half:])[best])
        cell, correlation = picks["correlation"]
        found.append(
            {
                "fact": name,
                "cell": cell,
                "correlation": round(correlation, 3),
                "untrained": round(abs(picks["untrained"][1]), 3),
            }
        )
    return found  # fmt: skip


def main() -> None:
    """Train, measure and write the file."""
    text, other = source(TRAINED_ON), source(SCORED_ON)
    vocab = rc.Vocab.from_text(text + other)
    model = build(vocab)
    ids = vocab.encode(other)
    _, fresh = read(model, ids)
    train(model, vocab.encode(text))
    weights = quantise(model.params)
    small = with_params(vocab, restore(weights))
    bits, cells = read(small, ids)
    record = {
        "command": "make page-model",
        "seed": SEED,
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "trained_on": {"modules": TRAINED_ON, "characters": len(text), "sha256": digest(text)},
        "scored_on": {"modules": SCORED_ON, "characters": len(other), "sha256": digest(other)},
        "bits": round(bits, 4),
        "bits_before_quantising": round(read(model, ids)[0], 4),
        "followers": followers(cells, fresh, other),
        "symbols": "".join(vocab.symbols),
        "weights": weights,
    }
    lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in record.items())
    TARGET.write_text(
        "// Written by `make page-model` (publishing/character_model.py): weights as bytes.\n"
        f'"use strict";\n\nCourse.charModel = {{\n{lines}\n}};\n',
        encoding="utf-8",
    )
    print(f"{TARGET.name}: {bits:.3f} bits per character, {TARGET.stat().st_size} bytes")
    for found in record["followers"]:
        print(found)


if __name__ == "__main__":
    main()
