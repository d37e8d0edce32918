// h_t = tanh(x_t Wxh + h_{t-1} Whh + bh), unrolled over five steps (chapter 3).
"use strict";

{
  const { rect, circle, line, arrow, text, group, symbol, number, rnnStep } = Course;
  const T = 5;
  const [STATE, INPUT, TABLE] = [26, 128, 226]; // tops
  const column = (t) => 28 + 60.8 * t;
  
  const weights = (w) => ({
    Wxh: [[0.9, -0.6]],
    Whh: [[w, 0.4 * w], [-0.4 * w, w]], // scaled and turned: each unit hears the other
    bh: [0, 0.1],
  });
  const inputs = ({ x1 }) => [x1, 0.5, -0.5, 0, 0];

  /** Steps 1 to T, with h_0 = 0; steps[0] holds that h_0. */
  function run(state) {
    const steps = [{ h: [0, 0] }];
    for (const x of inputs(state)) {
      steps.push(rnnStep([x], steps[steps.length - 1].h, weights(state.w)));
    }
    return steps;
  }

  /** A number over a bar from the middle of a box; `without` marks its value when x_1 is 0. */
  function bar(x, y, value, scale, fill, without) {
    const width = (20 * value) / scale;
    return text(x, y, number(value, scale === 1 ? 2 : 1)) +
      rect(x + Math.min(0, width), y + 4, Math.abs(width), 8, { fill, opacity: 0.6 }) +
      line(x, y + 3, x, y + 13, { "stroke-width": 1 }) +
      (without === undefined ? ""
        : circle(x + 20 * without, y + 8, 3.5, { fill: "none", stroke: "ink", "stroke-width": 1.2 }));
  }

  const box = (x, y, height, stroke, now) =>
    rect(x - 24, y, 48, height, { fill: "none", stroke, rx: 5, "stroke-width": now ? 3 : 1.5 });

  /** A state of two units. */
  const cell = (t, h, without, now) => box(column(t), STATE, 68, "hidden", now) +
    h.map((value, unit) =>
      bar(column(t), STATE + 17 + 32 * unit, value, 1, "hidden", without[unit])).join("");

  /** One step of the chain: the input, both arrows and the new state. */
  function drawn(t, steps, without, state) {
    const now = t === state.t;
    const [x, y] = [column(t), STATE + 34];
    const bold = { "stroke-width": now ? 3 : 1.5 };
    const handle = t === 1 ? { "data-drag": "x1" } : {};
    return group({ opacity: t <= state.t ? 1 : 0.25 },
      arrow(column(t - 1) + 24, y, x - 25, y, { stroke: "hidden", ...bold }),
      arrow(x, INPUT - 1, x, STATE + 71, { stroke: "input", ...bold }),
      box(x, INPUT, 36, "input", now),
      bar(x, INPUT + 17, inputs(state)[t - 1], 2, "input"),
      rect(x - 24, INPUT - 4, 48, 44, { fill: "transparent", ...handle }),
      text(x, INPUT + 54, symbol("x", t), { fill: "input", size: 15 }),
      text(x, STATE - 8, symbol("h", t), { fill: "hidden", size: 15 }),
      t <= state.t ? cell(t, steps[t].h, without[t].h, now) : box(x, STATE, 68, "hidden", false)) +
      rect(x - 24, STATE, 48, 68, { fill: "transparent", "data-drag": "t" });
  }

  /** The sum of the step in numbers, a column for each unit. */
  function table(t, { fromInput, fromState, a, h }, state) {
    const rows = [
      [symbol("x", t, " ") + symbol("W", "xh"), fromInput, "input"],
      [symbol("h", t - 1, " ") + symbol("W", "hh"), fromState, "hidden"],
      [symbol("b", "h"), weights(state.w).bh, "ink"],
      [symbol("a", t, ", their sum"), a, "ink"],
      [symbol("h", t, " = tanh ") + symbol("a", t), h, "hidden"],
    ];
    const cells = rows.map(([label, values, fill], i) => {
      const y = TABLE + 40 + 20 * i;
      return text(60, y, label, { anchor: "start", fill, size: 15 }) +
        values.map((value, unit) => text(225 + 70 * unit, y, number(value), { anchor: "end", fill })).join("");
    });
    return ["unit 0", "unit 1"].map((name, unit) =>
      text(225 + 70 * unit, TABLE + 18, name, { anchor: "end" })).join("") + cells.join("") +
      line(60, TABLE + 86, 295, TABLE + 86, { "stroke-width": 1 });
  }

  Course.figure({
    name: "unroll",
    size: [360, 352],
    controls: [
      { id: "t", label: "step t", type: "range", min: 1, max: T, step: 1, value: T },
      { id: "x1", label: "first input x₁", type: "range", min: -2, max: 2, step: 0.1, value: 1 },
      { id: "w", label: "weight w", type: "range", min: 0, max: 1.5, step: 0.05, value: 0.9 },
    ],
    drag: {
      x1: (x) => ({ x1: (x - column(1)) / 10 }),
      t: (x) => ({ t: (x - column(0)) / (column(1) - column(0)) }),
    },
    play: { control: "t", every: 1200 },
    draw(state) {
      const steps = run(state);
      const without = run({ ...state, x1: 0 });
      const chain = [];
      for (let t = 1; t <= T; t++) chain.push(drawn(t, steps, without, state));
      return text(column(0), STATE - 8, symbol("h", "0"), { fill: "hidden", size: 15 }) +
        cell(0, [0, 0], [0, 0], false) + chain.join("") +
        circle(54, TABLE - 14, 3.5, { fill: "none", stroke: "ink", "stroke-width": 1.2 }) +
        text(64, TABLE - 10, "where the state would be with x₁ = 0", { anchor: "start" }) +
        table(state.t, steps[state.t], state);
    },
    describe(state) {
      const steps = run(state);
      const without = run({ ...state, x1: 0 });
      const moved = Math.max(...steps[T].h.map((value, unit) => Math.abs(value - without[T].h[unit])));
      const h = steps[state.t].h.map((value) => number(value)).join(" and ");
      return `Step ${state.t}: the state is ${h}. ` +
        `With x₁ = 0 the state of step ${T} would differ by up to ${number(moved, 3)}.`;
    },
  });
}
