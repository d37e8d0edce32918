// h_t = z_t h_{t-1} + (1 - z_t) n_t, n_t = tanh(x_t + 0.9 r_t h_{t-1}), gates set by hand (chapter 8).
"use strict";

{
  const { circle, rect, text, symbol, number, logit, gruStep, gruStepBackward, timeline } = Course;
  const X = [0.5, -1, 0.5, 0, -1.5, 0.5, 0, -0.5];
  const W = 0.9; // the candidate's weight for the state
  const T = X.length;
  const { at, step, label, header, numbers, bars, gates } =
    timeline({ x: 77, pitch: 33, first: 0, last: T });
  const HEIGHT = 30; // of a gate's box
  const TOP = { r: 48, z: 88 };
  const [NEW, STATE, GRADIENT] = [160, 238, 344]; // zero lines
  const SCALE = 30;

  const times = X.map((_, k) => k + 1);
  const own = (name, t, { s }) => (t === s && name === "z" ? "zs" : name);
  const over = (name, state) => times.map((t) => state[own(name, t, state)]);

  /** h_0 to h_T, n_1 to n_T, and dh_T/dh_t for t = 0 to T; the gates are held by their biases. */
  function run(state) {
    const [r, z] = ["r", "z"].map((name) => over(name, state).map(logit));
    const weights = (k) => ({ Wxh: [[0, 0, 1]], Whh: [[0, 0, W]], bh: [r[k], z[k], 0] });
    const h = [state.h0];
    const steps = X.map((x, k) => {
      const now = gruStep([x], [h[k]], weights(k));
      h.push(now.h[0]);
      return now;
    });
    const back = [1];
    for (let k = T - 1; k >= 0; k--) {
      back.unshift(gruStepBackward([back[0]], [h[k]], steps[k], weights(k))[0]);
    }
    return { h, n: steps.map(({ n }) => n[0]), back };
  }

  const plain = (state) => run({ ...state, r: 1, z: 0, zs: 0 });
  const pull = (name) => (x, y, state, detail) =>
    ({ [own(name, Number(detail), state)]: (TOP[name] + HEIGHT - y) / HEIGHT });
  const range = (id, label, min, max, step, value) =>
    ({ id, label, type: "range", min, max, step, value });
  const limit = (id, label, z, r) =>
    ({ id, label, type: "button", press: () => ({ z, zs: z, r }) });

  Course.figure({
    name: "gru_gates",
    size: [360, 364],
    controls: [
      range("r", "reset gate r", 0, 1, 0.05, 0.9),
      range("z", "update gate z", 0, 1, 0.05, 0.95),
      range("s", "marked step s", 1, T, 1, 5),
      range("zs", "z at step s", 0, 1, 0.05, 0.2),
      range("h0", "first state h₀", -1, 1, 0.1, 0.8),
      limit("copy", "Copy", 1, 1),
      limit("plain", "Vanilla RNN", 0, 1),
      limit("none", "No memory", 0, 0),
    ],
    drag: {
      r: pull("r"),
      z: pull("z"),
      s: (x) => ({ s: step(x) }),
      h0: (x, y) => ({ h0: (STATE - y) / SCALE }),
    },
    draw(state) {
      const { h, n, back } = run(state);
      const alone = plain(state);
      return header(18, 363, state.s, "s") +
        label(18, "step", { size: 13 }) +
        label(38, symbol("x", "t"), { fill: "input" }) + numbers(38, X, { digits: 1, fill: "input" }) +
        label(TOP.r + 20, symbol("r", "t"), { fill: "accent" }) +
        gates(TOP.r, HEIGHT, over("r", state), "accent", "r") +
        label(TOP.z + 20, symbol("z", "t"), { fill: "accent" }) +
        gates(TOP.z, HEIGHT, over("z", state), "accent", "z") +
        label(NEW + 4, symbol("n", "t")) + bars(NEW, n, { scale: SCALE, fill: "ink" }) +
        label(STATE - 14, symbol("h", "t"), { fill: "hidden" }) +
        circle(8, STATE + 1, 3.5, { fill: "none", stroke: "ink", "stroke-width": 1.2 }) +
        text(16, STATE + 5, "RNN", { anchor: "start" }) +
        bars(STATE, h, { scale: SCALE, fill: "hidden", alone: alone.h.slice(1) }) +
        numbers(STATE + 46, h, { fill: "hidden" }) +
        rect(at(0) - 14, STATE - SCALE, 28, 2 * SCALE, { fill: "transparent", "data-drag": "h0" }) +
        label(GRADIENT - 8, symbol("dh", T, " / ") + symbol("dh", "t"), { fill: "gradient", size: 14 }) +
        bars(GRADIENT, back, { scale: SCALE, fill: "gradient", alone: alone.back }) +
        numbers(GRADIENT + 15, back, { fill: "gradient" });
    },
    describe(state) {
      const { h, back } = run(state);
      const alone = plain(state);
      return `h₈ is ${number(h[T])}; a vanilla RNN with the candidate's weights has ${number(alone.h[T])}. ` +
        `Of a change of h₀, ${number(back[0], 3)} arrives in h₈, in the RNN ${number(alone.back[0], 3)}.`;
    },
  });
}
