// c_t = f_t c_{t-1} + i_t g_t, h_t = o_t tanh(c_t), with gates set by hand (chapter 7).
"use strict";

{
  const { circle, text, symbol, number, logit, lstmStep, timeline } = Course;
  const X = [2, 0, -0.5, 0.5, -1, 0, 0.5, -0.5];
  const T = X.length;
  const { step, label, header, numbers, bars, gates } =
    timeline({ x: 77, pitch: 37, first: 1, last: T });
  const HEIGHT = 30; // of a gate's box
  const TOP = { i: 50, f: 90, o: 130 };
  const [CELL, SHOWN, GRADIENT] = [208, 286, 344]; // zero lines
  const fills = { i: "accent", f: "gradient", o: "output" };

  const times = X.map((_, k) => k + 1);

  /** The control of a gate at step t: step s has an input and a forget gate of its own. */
  const own = (name, t, { s }) => (t === s && name !== "o" ? name + "s" : name);
  const over = (name, state) => times.map((t) => state[own(name, t, state)]);

  /** States after each step; the gates are held by their biases, and the candidate is tanh(x_t). */
  function run(state, x) {
    const [i, f, o] = ["i", "f", "o"].map((name) => over(name, state).map(logit));
    let [h, c] = [[0], [0]];
    return x.map((value, k) => {
      const p = { Wxh: [[0, 0, 1, 0]], Whh: [[0, 0, 0, 0]], bh: [i[k], f[k], 0, o[k]] };
      ({ h, c } = lstmStep([value], h, c, p));
      return { h: h[0], c: c[0] };
    });
  }

  /** dc_T/dc_t for each t: the forget gates after t, multiplied. */
  function arriving(state) {
    const f = over("f", state);
    return times.map((t) => f.slice(t).reduce((product, gate) => product * gate, 1));
  }

  const both = (state) => [run(state, X), run(state, [0, ...X.slice(1)])];
  const pull = (name) => (x, y, state, detail) =>
    ({ [own(name, Number(detail), state)]: (TOP[name] + HEIGHT - y) / HEIGHT });
  const gate = (id, label, value) => ({ id, label, type: "range", min: 0, max: 1, step: 0.05, value });

  Course.figure({
    name: "lstm_gates",
    size: [360, 364],
    controls: [
      gate("i", "input gate i", 0.8),
      gate("f", "forget gate f", 0.95),
      gate("o", "output gate o", 0.7),
      { id: "s", label: "marked step s", type: "range", min: 1, max: T, step: 1, value: 5 },
      gate("is", "i at step s", 0.9),
      gate("fs", "f at step s", 0.2),
    ],
    drag: { i: pull("i"), f: pull("f"), o: pull("o"), s: (x) => ({ s: step(x) }) },
    draw(state) {
      const [steps, without] = both(state);
      const pick = (run, name) => run.map((step) => step[name]);
      const products = arriving(state);
      return header(18, 363, state.s, "s") +
        label(18, "step", { size: 13 }) +
        label(38, symbol("x", "t"), { fill: "input" }) + numbers(38, X, { digits: 1, fill: "input" }) +
        ["i", "f", "o"].map((name) => label(TOP[name] + 20, symbol(name, "t"), { fill: fills[name] }) +
          gates(TOP[name], HEIGHT, over(name, state), fills[name], name)).join("") +
        label(CELL - 14, symbol("c", "t"), { fill: "loss" }) +
        circle(8, CELL + 1, 3.5, { fill: "none", stroke: "ink", "stroke-width": 1.2 }) +
        text(16, CELL + 5, symbol("x", "1", " = 0"), { anchor: "start" }) +
        bars(CELL, pick(steps, "c"), { scale: 28, fill: "loss", alone: pick(without, "c") }) +
        numbers(CELL + 46, pick(steps, "c"), { fill: "loss" }) +
        label(SHOWN - 4, symbol("h", "t"), { fill: "hidden" }) +
        bars(SHOWN, pick(steps, "h"), { scale: 28, fill: "hidden", alone: pick(without, "h") }) +
        label(GRADIENT - 8, symbol("dc", T, " / ") + symbol("dc", "t"), { fill: "gradient", size: 14 }) +
        bars(GRADIENT, products, { scale: 30, fill: "gradient" }) +
        numbers(GRADIENT + 15, products, { fill: "gradient" });
    },
    describe(state) {
      const [steps, without] = both(state).map((run) => run[T - 1]);
      return `At the end c₈ is ${number(steps.c)} and h₈ is ${number(steps.h)}; ` +
        `with x₁ = 0 they would be ${number(without.c)} and ${number(without.h)}. ` +
        `Of a change of c₁, the share ${number(arriving(state)[0], 3)} arrives in c₈.`;
    },
  });
}
