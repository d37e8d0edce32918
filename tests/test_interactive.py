"""The interactive figures: cells equal to rnncore's, drawings that hold at every extreme."""

from __future__ import annotations

import itertools
import json
import subprocess
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import notebooks as nb
import numpy as np
import pytest
from coursebook import interactive
from coursebook.node import node
from docutils import nodes

import rnncore as rc
from rnncore import plots

SCRIPTS = nb.ROOT / "book" / "assets" / "interactive"
KIT = "".join(f"require({json.dumps(str(SCRIPTS / name))});\n" for name in interactive.KIT)
NAMES = sorted(
    path.stem
    for path in SCRIPTS.glob("*.js")
    if path.name not in interactive.KIT and not path.stem.endswith("_data")
)
MINUS = "\N{MINUS SIGN}"
each_figure = pytest.mark.parametrize("name", NAMES)


def run(script, data=None):
    """Run a script under node, behind the kit; return what it gives to ``answer``."""
    head = "const data = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
    head += "const answer = (value) => process.stdout.write(JSON.stringify(value));\n"
    done = subprocess.run(
        [node(), "-e", head + KIT + script],
        input=json.dumps(data),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def require(name):
    """Script lines that load one figure."""
    files = (SCRIPTS / f"{name}{end}.js" for end in ("_data", ""))
    return "".join(f"require({json.dumps(str(path))});\n" for path in files if path.exists())


# The cells -------------------------------------------------------------------------------------

CALLS = """
const step = {
  rnn: ({ x, h, p, f }) => Course.rnnStep(x, h, p, f).h,
  rnnBackward({ x, h, p, f, dh }) {
    const { dx, dhPrev } = Course.rnnStepBackward(dh, Course.rnnStep(x, h, p, f).h, p, f);
    return [...dx, ...dhPrev];
  },
  lstm({ x, h, c, p }) {
    const now = Course.lstmStep(x, h, c, p);
    return [...now.h, ...now.c];
  },
  gru: ({ x, h, p, keep }) => Course.gruStep(x, h, p, keep).h,
  gruBackward: ({ x, h, p, dh }) => Course.gruStepBackward(dh, h, Course.gruStep(x, h, p), p),
  softmax: ({ x, temperature }) => Course.softmax(x, temperature),
  logSoftmax: ({ x }) => Course.logSoftmax(x),
};
answer(data.map((given) => step[given.cell](given)));
"""


def random_case(rng):
    """Sizes, inputs and weights for one step; some weights large, so that units saturate."""
    D, H = rng.integers(1, 6, 2)
    scale = rng.choice([0.3, 1.0, 4.0])
    x, h, c, dh = (rng.standard_normal(n) for n in (D, H, H, H))

    def weights(gates):
        shapes = {"Wxh": (D, gates * H), "Whh": (H, gates * H), "bh": gates * H}
        return {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}

    return x, h, c, dh, weights, scale * rng.standard_normal(H)


def rnn_case(rng):
    x, h, _, dh, weights, _ = random_case(rng)
    p, f = weights(1), rng.choice(["tanh", "relu"])
    new, step_cache = rc.rnn_step(x[None], h[None], **p, nonlinearity=f)
    dx, dh_prev, _ = rc.rnn_step_backward(dh[None], step_cache)
    given = {"x": x, "h": h, "p": p, "f": f, "dh": dh}
    yield {"cell": "rnn", **given}, new[0]
    yield {"cell": "rnnBackward", **given}, np.hstack([dx, dh_prev])[0]


def lstm_case(rng):
    x, h, c, _, weights, _ = random_case(rng)
    p = weights(4)
    new_h, new_c, _ = rc.lstm_step(x[None], h[None], c[None], **p)
    yield {"cell": "lstm", "x": x, "h": h, "c": c, "p": p}, np.hstack([new_h, new_c])[0]


def gru_case(rng):
    """Both places of the reset; the other reading of z is rnncore's with z's sum negated."""
    x, h, _, dh, weights, bhn = random_case(rng)
    p, H = weights(3), len(h)
    dh_prev = rc.gru_step_backward(dh[None], rc.gru_step(x[None], h[None], **p)[1])[1]
    yield {"cell": "gruBackward", "x": x, "h": h, "p": p, "dh": dh}, dh_prev[0]
    turned = {name: array.copy() for name, array in p.items()}
    for array in turned.values():
        array[..., H : 2 * H] *= -1
    for extra in ({}, {"bhn": bhn}):
        given = {"cell": "gru", "x": x, "h": h, "p": p | extra}
        yield given | {"keep": "old"}, rc.gru_step(x[None], h[None], **p, **extra)[0][0]
        yield given | {"keep": "new"}, rc.gru_step(x[None], h[None], **turned, **extra)[0][0]


def softmax_case(rng):
    x, temperature = 30 * rng.standard_normal(5), rng.uniform(0.2, 3)
    yield {"cell": "softmax", "x": x, "temperature": temperature}, rc.softmax(x / temperature)
    yield {"cell": "logSoftmax", "x": x}, rc.log_softmax(x)


def test_cells_in_the_page_equal_those_of_the_library(rng):
    makers = itertools.cycle([rnn_case, lstm_case, gru_case, softmax_case])
    cases = list(itertools.chain.from_iterable(next(makers)(rng) for _ in range(240)))
    assert len(cases) >= 500
    plain = json.loads(json.dumps([given for given, _ in cases], default=np.ndarray.tolist))
    for (given, expected), found in zip(cases, run(CALLS, plain), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=given["cell"])


# The figures -----------------------------------------------------------------------------------

EXTREMES = """
const [figure] = Object.values(Course.figures);
const valued = figure.controls.filter(({ type }) => type !== "button");
const choices = ({ type, min, max, value, options }) => ({
  range: [min, value, max],
  toggle: [false, true],
  select: (options || []).map(([choice]) => choice),
})[type];
let states = [{}];
for (const control of valued) {
  states = states.flatMap((state) =>
    choices(control).map((value) => ({ ...state, [control.id]: value })));
}
const once = (state) => ({ state, svg: Course.svg(figure, state), says: figure.describe(state) });
const drawn = states.map(once);
for (const { press } of figure.controls.filter(({ type }) => type === "button")) {
  for (const state of states) drawn.push(once({ ...state, ...press(state) }));
}
const [width, height] = figure.size;
const moves = Object.values(figure.drag || {}).flatMap((move) =>
  [[0, 0], [width, height], [width / 2, height / 3]].flatMap(([x, y]) =>
    ["0", "1"].map((detail) => move(x, y, Course.initial(figure), detail))));
answer({
  drawn, moves, handles: Object.keys(figure.drag || {}),
  again: drawn.every(({ state, svg, says }) =>
    svg === Course.svg(figure, state) && says === figure.describe(state)),
  ids: valued.map(({ id }) => id), size: figure.size, name: figure.name,
  start: Course.svg(figure), controls: Course.controls(figure),
});
"""


@cache
def extremes(name):
    """Draw a figure with every control at its ends and its start, in every combination."""
    return SimpleNamespace(**run(require(name) + EXTREMES))


@each_figure
def test_figure_draws_valid_svg_at_every_extreme(name):
    for drawing in extremes(name).drawn:
        ET.fromstring(drawing["svg"])
        for word in ("NaN", "Infinity", "undefined", "null", "[object"):
            assert word not in drawing["svg"] + drawing["says"], drawing["state"]


@each_figure
def test_figure_says_its_values(name):
    drawn = extremes(name).drawn
    assert min(len(drawing["says"]) for drawing in drawn) > 20
    assert len({drawing["says"] for drawing in drawn}) > 2


@each_figure
def test_every_control_changes_the_picture(name):
    found = extremes(name)
    for id in found.ids:
        pictures = {}  # by the state of the other controls
        for drawing in found.drawn:
            others = json.dumps(drawing["state"] | {id: None}, sort_keys=True)
            pictures.setdefault(others, set()).add(drawing["svg"])
        assert max(map(len, pictures.values())) > 1, id


@each_figure
def test_figure_draws_the_same_bytes_twice(name):
    assert extremes(name).again
    assert run(require(name) + EXTREMES)["drawn"] == extremes(name).drawn


@each_figure
def test_figure_is_read_on_a_phone(name):
    found = extremes(name)
    assert found.size[0] <= 400
    for drawing in found.drawn:
        for element in ET.fromstring(drawing["svg"]).iter():
            assert float(element.get("font-size", "12").replace("80%", "12")) >= 12
            assert element.get("id") is None


@each_figure
def test_figure_and_handles_have_names_that_exist(name):
    found = extremes(name)
    assert found.name == name
    assert len(set(found.ids)) == len(found.ids)
    assert {id for move in found.moves for id in move} <= set(found.ids)
    drawn = {e.get("data-drag") for e in ET.fromstring(found.start).iter()} - {None}
    assert {handle.split(":")[0] for handle in drawn} == set(found.handles)


@each_figure
def test_controls_are_valid_and_named(name):
    # Valid HTML leaves "disabled", "selected", "checked" without a value, and some tags open.
    html = extremes(name).controls.replace(" disabled", "").replace(" selected", "")
    html = html.replace(" checked", "").replace('autocomplete="off">', 'autocomplete="off"/>')
    html = html.replace('autocomplete="off"/><option', 'autocomplete="off"><option')
    root = ET.fromstring(f"<div>{html}</div>")
    for label in root.iter("label"):
        assert label.find("span").text.strip()
    assert len([*root.iter("input"), *root.iter("select")]) == len(extremes(name).ids)


def test_colours_are_those_of_the_plots():
    tones = run(
        "answer(Object.fromEntries(data.map((name) => [name, Course.tone(name)])));",
        [*plots.COLORS],
    )
    assert tones == plots.COLORS


def test_values_are_cut_to_range_and_step():
    script = """
    const control = { type: "range", min: -1, max: 1.5, step: 0.1 };
    answer(data.map((value) => Course.fit(control, value)));
    """
    assert run(script, [-9, 9, 0.3000001, 0.34, -0.06]) == [-1, 1.5, 0.3, 0.3, -0.1]


# What they compute -----------------------------------------------------------------------------


def says(name, **state):
    """What a figure says when some controls are moved."""
    script = """
    const [figure] = Object.values(Course.figures);
    answer(figure.describe({ ...Course.initial(figure), ...data }));
    """
    return run(require(name) + script, state)


def read(value):
    """Write a positive number as the figures do."""
    if 0.01 <= value < 1000:
        return f"{value:.{2 if value < 10 else 0}f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    superscripts = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return f"{mantissa} · 10{str(int(exponent)).translate(superscripts)}"


@pytest.mark.parametrize("w", [0, 0.9, 1.5])
def test_unrolled_states_are_those_of_the_library(w):
    layer = rc.RNN(1, 2, dtype=np.float64)
    layer.params["Wxh"][:] = [[0.9, -0.6]]
    layer.params["Whh"][:] = w * np.array([[1, 0.4], [-0.4, 1]])
    layer.params["bh"][:] = [0, 0.1]
    x = np.array([[[x1], [0.5], [-0.5], [0], [0]] for x1 in (-1.5, 0)])
    with_x1, without = layer.forward(x)[0]
    told = says("unroll", w=w, x1=-1.5, t=4).replace(MINUS, "-")
    assert "the state is {:.2f} and {:.2f}.".format(*with_x1[3]) in told
    assert f"differ by up to {np.abs(with_x1 - without)[4].max():.3f}" in told


@pytest.mark.parametrize(
    ("shape", "W"), [("rotation", [[0.8, 0.6], [-0.6, 0.8]]), ("shear", [[1, 5], [0, 1]])]
)
@pytest.mark.parametrize("clip", [False, True])
def test_gradient_is_multiplied_and_clipped_as_by_the_library(shape, W, clip):
    dh, norms, Whh = np.array([[0.0, 1.0]]), [1.0], 0.98 * np.array(W, float)
    zeros = np.zeros((1, 2))  # a linear step: where h is 0, tanh has the slope 1
    for _ in range(40):
        _, cache = rc.rnn_step(zeros, zeros, np.eye(2), Whh, np.zeros(2))
        dh = rc.rnn_step_backward(0.96 * dh, cache)[1]
        norms.append(np.linalg.norm(dh))
    told = says("gradient_flow", shape=shape, radius=0.98, slope=0.96, clip=clip, limit=-1)
    assert f"{read(norms[10])} at 10 and {read(norms[40])} at 40" in told
    assert f"largest at {np.argmax(norms)}" in told
    clipped = rc.clip_grad_norm({"all": np.array(norms)}, 0.1)[0]["all"]
    assert (f"multiplies it by {read(clipped[0])} at every distance" in told) == clip


@pytest.mark.parametrize(("lengths", "T"), [((6, 2, 4), 6), ((3, 3, 1), 3)])
def test_final_states_of_the_padded_batch_are_those_of_the_library(lengths, T):
    layer = rc.RNN(1, 1, dtype=np.float64)
    for name, value in (("Wxh", 1.2), ("Whh", 0.9), ("bh", 0.4)):
        layer.params[name][:] = value
    words = [word[:n] for word, n in zip(("return", "import", "lambda"), lengths, strict=True)]
    codes = [(np.array([[ord(c)] for c in word]) - 109.5) / 12 for word in words]
    x, sizes = rc.pad(codes)
    assert x.shape[1] == T
    turned = rc.reverse(x, sizes)
    alone = layer.forward(turned, lengths=sizes)[1][:, 0]
    plain = np.ascontiguousarray(x[:, ::-1])
    ends = {
        "naive": layer.forward(plain)[1][:, 0],
        "lengths": layer.forward(plain, lengths=sizes)[1][:, 0],
        "within": alone,
    }
    options = dict(zip(("n0", "n1", "n2"), lengths, strict=True))
    for way, end in ends.items():
        off = np.abs(end - alone)
        rows = [f"row {n} by {off[n]:.3f}" for n in range(3) if off[n] > 1e-12]
        told = says("padding_reversal", way=way, **options)
        assert f"in {', '.join(rows)}." in told if rows else "Each final state" in told


def tree_step(tree):
    """A step for rnncore's searches; the states are the beginnings."""

    def step(ids, state):
        grown = [""] if state is None else [b + "ab."[i] for b, i in zip(state, ids, strict=True)]
        return np.log([tree[begun] for begun in grown]), np.array(grown)

    return step


def spell(ids):
    return "".join("ab."[i] for i in ids)


def test_beam_search_in_the_page_equals_that_of_the_library(rng):
    script = (
        require("beam_search")
        + """
    const runs = (tree) => [1, 2, 3].flatMap((width) => [0, 0.4, 1.5].map((alpha) =>
      Course.beamSearch(width, alpha, tree).best));
    answer([Course.beamTree, ...data].map((tree) => ({ tree, found: runs(tree) })));
    """
    )
    names = ["", "a", "b", "aa", "ab", "ba", "bb"]
    trees = [
        dict(zip(names, rng.dirichlet(np.ones(3), 7).tolist(), strict=True)) for _ in range(60)
    ]
    for answer in run(script, trees):
        options = itertools.product((1, 2, 3), (0, 0.4, 1.5))
        for (width, alpha), found in zip(options, answer["found"], strict=True):
            step = tree_step(answer["tree"])
            expected = rc.beam_search(step, 0, 3, width, end=2, alpha=alpha)
            assert [best["ids"] for best in found] == [spell(best.ids) for best in expected]
            for mine, theirs in zip(found, expected, strict=True):
                assert mine["logProb"] == pytest.approx(theirs.log_prob, rel=1e-12)
                assert mine["score"] == pytest.approx(theirs.score, rel=1e-12)


@pytest.mark.parametrize("width", [1, 2, 3])
def test_beam_search_records_what_was_known_at_each_step(width):
    script = require("beam_search") + "answer(Course.beamSearch(data, 0).steps);"
    for t, step in enumerate(run(script, width), 1):
        assert {len(kept["ids"]) for kept in step["picked"]} == {t}
        assert all(len(best["ids"]) <= t for best in step["best"])


def test_greedy_search_misses_the_best_sequence_of_the_tree_that_is_drawn():
    step = tree_step(run(require("beam_search") + "answer(Course.beamTree);"))
    greedy, _ = rc.greedy_search(step, np.array([0]), 3, end=2)
    every = rc.beam_search(step, 0, 3, 27, end=2)
    assert spell(greedy[0]) == "aa."
    assert spell(every[0].ids) == "b."
    assert every[0].log_prob > rc.beam_search(step, 0, 3, 1, end=2)[0].log_prob
    assert spell(rc.beam_search(step, 0, 3, 2, end=2)[0].ids) == "b."


def test_numbers_are_written_for_readers():
    numbers = [0.004, 0.0100001, 3.14159, 27.4, 999.4, 1234, 1.5e-9]
    assert run("answer(data.map(Course.scientific));", numbers) == [read(n) for n in numbers]
    assert read(1234) == "1.2 · 10³"
    assert run("answer(data.map((n) => Course.number(n)));", [-0.001, -1.5]) == [
        "0.00",
        MINUS + "1.50",
    ]


# The build -------------------------------------------------------------------------------------


@pytest.fixture
def app(tmp_path):
    """A book with one figure, dot, and Sphinx's application as far as it is needed."""
    scripts = tmp_path / "book" / "assets" / "interactive"
    scripts.mkdir(parents=True)
    (tmp_path / "book" / "figures").mkdir()
    for name in interactive.KIT:
        (scripts / name).write_bytes((SCRIPTS / name).read_bytes())
    (scripts / "dot.js").write_text(
        """const scale = dotScale; // must be there when this file is read
        Course.figure({
          name: "dot", size: [8, 4], controls: [{id: "r", label: "<r>", type: "range", min: 0,
          max: 1, step: 1, value: 1}], draw: ({ r }) => Course.circle(4, 2, r * scale),
          describe: ({ r }) => `r is ${r}`});"""
    )
    (scripts / "dot_data.js").write_text("globalThis.dotScale = 2;")
    added = []
    return SimpleNamespace(
        srcdir=str(tmp_path),
        builder=SimpleNamespace(format="html"),
        added=added,
        add_js_file=lambda name, **options: added.append(name),
        add_css_file=added.append,
    )


def page(name, classes=("interactive",)):
    """A doctree with one figure of that name."""
    image = nodes.image(uri=f"book/figures/{name}.svg")
    document = nodes.document(None, None)
    document += nodes.figure("", image, classes=list(classes))
    return document


def test_static_files_are_drawn_and_stay_when_nothing_changed(app):
    interactive.write_figures(app, None)
    svg = Path(app.srcdir, "book", "figures", "dot.svg")
    assert ET.fromstring(svg.read_text(encoding="utf-8")).get("aria-label") == "r is 1"
    before = svg.stat().st_mtime_ns
    interactive.write_figures(app, None)
    assert svg.stat().st_mtime_ns == before
    svg.write_text("old")
    interactive.write_figures(app, None)
    assert "<circle" in svg.read_text(encoding="utf-8")


def test_a_script_that_fails_stops_the_build(app):
    path = Path(app.srcdir, interactive.SCRIPTS, "dot.js")
    path.write_text(path.read_text() + "nothing();")
    with pytest.raises(interactive.ExtensionError, match="nothing is not defined"):
        interactive.write_figures(app, None)


def test_figure_gets_its_controls_on_the_page_and_nowhere_else(app):
    interactive.write_figures(app, None)
    doctree = page("dot")
    interactive.add_controls(app, doctree, "book/03")
    [box] = doctree[0]
    assert box["html"] == {
        "class": "course-figure",
        "data-figure": "dot",
        "style": "--ratio: 8/4",
    }
    image, controls = box
    assert image["uri"] == "book/figures/dot.svg"
    assert "&lt;r&gt;" in controls.astext()
    app.builder.format = "latex"
    doctree = page("dot")
    interactive.add_controls(app, doctree, "book/03")
    assert isinstance(doctree[0][0], nodes.image)


def test_figure_without_a_script_stops_the_build(app):
    interactive.write_figures(app, None)
    with pytest.raises(interactive.ExtensionError, match=r"no script .*line\.js"):
        interactive.add_controls(app, page("line"), "book/03")


def test_scripts_load_where_a_figure_is_in_the_order_of_need(app):
    for doctree in (None, page("dot", classes=())):
        interactive.add_scripts(app, "index", "page.html", {}, doctree)
    assert app.added == []
    interactive.add_scripts(app, "book/03", "page.html", {}, page("dot"))
    names = [*interactive.KIT, "dot_data.js", "dot.js", "interactive.css"]
    assert app.added == [f"interactive/{name}" for name in names]
