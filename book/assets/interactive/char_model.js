// A character model writes Python, one symbol after the other (chapter 7). The weights are in
// char_model_data.js; the text follows from the number of the sample and the temperature alone.
"use strict";

{
  const { rect, line, text, number, softmax, lstmStep, matmul, add } = Course;
  const { symbols, weights, followers } = Course.charModel;
  const PROMPT = "def ";
  const LENGTH = 200;
  const [COLUMNS, ROWS, WIDTH, HEIGHT] = [44, 9, 8, 25];
  const LEFT = 4;
  const BARS = 262; // top of the distribution

  /** The matrix of `bytes` times one factor a column. */
  function matrix({ shape: [rows, columns], scale, bytes }) {
    const codes = Int8Array.from(atob(bytes), (byte) => byte.charCodeAt(0));
    return Array.from({ length: rows }, (_, i) =>
      scale.map((factor, j) => codes[i * columns + j] * factor));
  }

  const [E, Wxh, Whh, Why] = ["E", "Wxh", "Whh", "Why"].map((name) => matrix(weights[name]));
  const cell = { Wxh, Whh, bh: weights.bh };
  const zeros = Whh.map(() => 0);

  /** Read one symbol: the new state, and the logits of the next symbol. */
  function readSymbol(symbol, { h, c }) {
    const now = lstmStep(E[symbols.indexOf(symbol)], h, c, cell);
    return { ...now, logits: add(matmul(now.h, Why), weights.by) };
  }

  /** Uniform numbers from 0 to 1, the same for the same seed (mulberry32, by T. Ettinger). */
  function chance(seed) {
    let a = seed >>> 0;
    return () => {
      a = (a + 0x6d2b79f5) >>> 0;
      let t = Math.imul(a ^ (a >>> 15), a | 1);
      t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  function choose(p, u) {
    let sum = 0;
    const k = p.findIndex((share) => (sum += share) > u);
    return k < 0 ? p.length - 1 : k;
  }

  /** Steps of a whole sample: each with its symbol, c, and the distribution of the next. */
  function write(sample, temperature) {
    const random = chance(sample);
    const steps = [];
    let now = { h: zeros, c: zeros };
    for (let k = 0; k < LENGTH; k++) {
      const symbol = k < PROMPT.length
        ? PROMPT[k] : symbols[choose(steps[k - 1].next, random())];
      now = readSymbol(symbol, now);
      steps.push({ symbol, c: now.c, next: softmax(now.logits, temperature) });
    }
    return steps;
  }

  let last = {};
  function written({ sample, temperature }) {
    const key = `${sample} ${temperature}`;
    if (last.key !== key) last = { key, steps: write(sample, temperature) };
    return last.steps;
  }

  /** Rows of the page, each a list of steps; a line of code may fill several. */
  function rowsOf(steps) {
    const rows = [[]];
    for (const step of steps) {
      if (rows[rows.length - 1].length === COLUMNS) rows.push([]);
      rows[rows.length - 1].push(step);
      if (step.symbol === "\n") rows.push([]);
    }
    return rows.slice(-ROWS);
  }

  const visible = (symbol) => ({ "\n": "↵", " ": "␣" })[symbol] || symbol;

  /** One row of code, and below each symbol the state of the cell: up or down by tanh c. */
  function drawnRow(row, k, unit) {
    const y = 16 + HEIGHT * k;
    const code = row.map(({ symbol }) => (symbol === "\n" ? "↵" : symbol)).join("");
    const bars = row.map(({ c }, j) => {
      const height = 5 * Math.tanh(c[unit]);
      return rect(LEFT + WIDTH * j + 1, y + 10 - Math.max(0, height), WIDTH - 2, Math.abs(height),
        { fill: height > 0 ? "hidden" : "accent" });
    });
    return (code && text(LEFT, y, code, {
      anchor: "start", "font-family": "monospace", textLength: WIDTH * code.length,
      lengthAdjust: "spacingAndGlyphs", "xml:space": "preserve",
    })) + (row.length ? line(LEFT, y + 10, LEFT + WIDTH * row.length, y + 10,
      { stroke: "muted", "stroke-width": 0.5 }) : "") + bars.join("");
  }

  /** The likeliest symbols to come, by probability. */
  const likeliest = (next, count) =>
    next.map((p, k) => ({ p, symbol: symbols[k] })).sort((a, b) => b.p - a.p).slice(0, count);

  function distribution(next) {
    const bars = likeliest(next, 7).map(({ p, symbol }, k) => {
      const x = 26 + 50 * k;
      return rect(x - 14, BARS + 54 - 44 * p, 28, 44 * p, { fill: "output", opacity: 0.7 }) +
        text(x, BARS + 69, visible(symbol), { "font-family": "monospace" }) +
        text(x, BARS + 85, number(p), { size: 12 });
    });
    return text(LEFT, BARS, "next symbol, probability", { anchor: "start" }) +
      line(LEFT, BARS + 54, 356, BARS + 54, { "stroke-width": 1 }) + bars.join("");
  }

  const follows = (unit) => followers.find((found) => found.cell === unit);

  function aboutCell(unit) {
    const found = follows(unit);
    return found
      ? `Cell ${unit}, ${found.fact}: correlation ${number(found.correlation)}, untrained ${number(found.untrained)}`
      : `Cell ${unit}`;
  }

  Course.figure({
    name: "char_model",
    size: [360, 352],
    controls: [
      { id: "t", label: "symbols written", type: "range", min: 1, max: LENGTH, step: 1, value: LENGTH },
      { id: "temperature", label: "temperature", type: "range", min: 0.1, max: 1.5, step: 0.1, value: 0.8 },
      { id: "sample", label: "sample", type: "range", min: 1, max: 20, step: 1, value: 16 },
      { id: "unit", label: "cell", type: "range", min: 0, max: zeros.length - 1, step: 1,
        value: followers[0].cell },
      ...followers.map(({ fact, cell: unit }, k) =>
        ({ id: `fact${k}`, label: fact, type: "button", press: () => ({ unit }) })),
    ],
    play: { control: "t", every: 70 },
    draw(state) {
      const steps = written(state).slice(0, state.t);
      return rowsOf(steps).map((row, k) => drawnRow(row, k, state.unit)).join("") +
        text(LEFT, BARS - 20, aboutCell(state.unit), { anchor: "start", size: 12 }) +
        distribution(steps[steps.length - 1].next);
    },
    describe(state) {
      const steps = written(state).slice(0, state.t);
      const code = steps.map(({ symbol }) => symbol).join("").split("\n");
      const [{ p, symbol }] = likeliest(steps[steps.length - 1].next, 1);
      const name = { "\n": "the end of the line", " ": "a space" }[symbol] || symbol;
      return `After ${state.t} symbols the last line reads “${code[code.length - 1]}”. ` +
        `Most likely comes ${name}, with probability ${number(p)}. ` +
        `${aboutCell(state.unit)}; its state is ${number(steps[steps.length - 1].c[state.unit])}.`;
    },
  });

  Course.charModelTools = { readSymbol, chance, write, zeros };
}
