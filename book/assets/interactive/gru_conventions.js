// z keeps, or z replaces: one model, once the sign of z's weights and bias is turned (chapter 8).
"use strict";

{
  const { rect, circle, line, text, symbol, number, gruStep } = Course;
  const X = [1, -0.5, 0.8, 0, -1];
  const [GATE, STATE, INPUT] = [70, 164, 222]; // top of z's bars, zero line, numbers
  const HEIGHT = 40;
  const SCALE = 40;
  const SIDES = [18, 198]; // left ends
  const place = (side, t, unit) => SIDES[side] + 10 + 32 * t + 12 * unit; // left end of a bar

  /** Blocks r, z, n for two units. `weight` and `bias` are the sign of z's block. */
  const parameters = ({ br, bz }, weight, bias) => ({
    Wxh: [[3, -3, 2 * weight, -1.5 * weight, 1.5, -1]],
    Whh: [[1, 0, weight, -weight, 0.5, 1.5], [0, 1, 0.5 * weight, weight, -1.5, 0.5]],
    bh: [br, br, bz * bias, bz * bias, 0, 0],
  });

  function run(p, keep) {
    let h = [0, 0];
    return X.map((x) => {
      const step = gruStep([x], h, p, keep);
      ({ h } = step);
      return step;
    });
  }

  function both(state) {
    const turned = parameters(state, state.weights ? -1 : 1, state.bias ? -1 : 1);
    const right = state.after ? { ...turned, bhn: [0, 0] } : turned;
    return [run(parameters(state, 1, 1), "old"), run(right, "new")];
  }

  const largest = ([left, right]) => Math.max(...left.flatMap(({ h }, t) =>
    h.map((value, unit) => Math.abs(value - right[t].h[unit]))));

  const z = symbol("z", "t", ") ");
  const formulas = [
    symbol("h", "t", " = ") + symbol("z", "t", " ") + symbol("h", "t−1", " + (1 − ") + z + symbol("n", "t"),
    symbol("h", "t", " = (1 − ") + z + symbol("h", "t−1", " + ") + symbol("z", "t", " ") + symbol("n", "t"),
  ];

  /** One convention: z as filled boxes, the state as bars, `alone` as circles. */
  function panel(side, title, form, steps, alone) {
    const left = SIDES[side];
    const bars = steps.map(({ z, h }, t) => z.map((gate, unit) => {
      const x = place(side, t, unit);
      const opacity = unit ? 0.3 : 0.75;
      return rect(x, GATE, 10, HEIGHT, { fill: "none", stroke: "accent", "stroke-width": 0.75 }) +
        rect(x, GATE + HEIGHT * (1 - gate), 10, HEIGHT * gate, { fill: "accent", opacity }) +
        rect(x, STATE - Math.max(0, SCALE * h[unit]), 10, SCALE * Math.abs(h[unit]),
          { fill: "hidden", opacity }) +
        (alone ? circle(x + 5, STATE - SCALE * alone[t].h[unit], 3.5,
          { fill: "none", stroke: "ink", "stroke-width": 1.2 }) : "");
    }).join("") + text(place(side, t, 1) - 1, INPUT, number(X[t], 1), { size: 12, fill: "input" }));
    return text(left + 84, 18, title, { "font-weight": 700 }) +
      text(left + 84, 38, formulas[side], { size: 14 }) + text(left + 84, 56, form) +
      line(left + 8, STATE, left + 172, STATE, { "stroke-width": 1 }) + bars.join("");
  }

  const bias = (id, label, reach, value) =>
    ({ id, label, type: "range", min: -reach, max: reach, step: reach / 10, value, digits: 1 });

  Course.figure({
    name: "gru_conventions",
    size: [376, 256],
    controls: [
      bias("bz", "bias of z", 3, -0.9),
      bias("br", "bias of r", 10, 0),
      { id: "weights", label: "right: turn the sign of z's weights", type: "toggle", value: true },
      { id: "bias", label: "right: turn the sign of z's bias", type: "toggle", value: true },
      { id: "after", label: "right: reset after the product", type: "toggle", value: false },
    ],
    draw(state) {
      const [left, right] = both(state);
      return panel(0, "1 keeps", "reset before", left) +
        panel(1, "1 replaces", state.after ? "reset after" : "reset before", right, left) +
        text(3, GATE + 26, symbol("z", "t"), { anchor: "start", fill: "accent", size: 15 }) +
        text(3, STATE - 6, symbol("h", "t"), { anchor: "start", fill: "hidden", size: 15 }) +
        text(3, INPUT, symbol("x", "t"), { anchor: "start", fill: "input", size: 15 }) +
        circle(24, 242, 3.5, { fill: "none", stroke: "ink", "stroke-width": 1.2 }) +
        text(34, 246, `state on the left; largest difference: ${number(largest([left, right]), 3)}`,
          { anchor: "start" });
    },
    describe(state) {
      const gap = largest(both(state));
      const z = both(state).map((steps) => steps[0].z.map((value) => number(value)).join(" and "));
      return `At the first step z is ${z[0]} on the left, ${z[1]} on the right. ` +
        (gap < 1e-12 ? "The states of both sides are equal at every step."
          : `The states of both sides differ by up to ${number(gap, 3)}.`);
    },
  });
}
