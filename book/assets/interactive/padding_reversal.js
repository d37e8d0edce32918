// A backward layer b_t = tanh(x_t Wxh + b_{t+1} Whh + bh) on a padded batch (chapter 9): what it
// reads, in which order, and where its state ends, beside the state of the row alone.
"use strict";

{
  const { rect, circle, line, text, group, number, rnnStep } = Course;
  const WORDS = ["return", "import", "lambda"];
  const PADDING = "·";
  const weights = { Wxh: [[1.2]], Whh: [[0.9]], bh: [0.4] };
  const [BATCH, READ, CELL, TOP, ROW] = [12, 196, 26, 52, 90];
  const ways = {
    within: "reversed within its length",
    lengths: "x[:, ::-1], lengths given",
    naive: "x[:, ::-1], no lengths",
  };

  const valueOf = (letter) => (letter === PADDING ? 0 : (letter.charCodeAt(0) - 109.5) / 12);
  const lengthsOf = (state) => [state.n0, state.n1, state.n2];

  /** The states after each letter read. */
  function read(letters) {
    let h = [0];
    return letters.map((letter) => (h = rnnStep([valueOf(letter)], h, weights).h)[0]);
  }

  /** For each row: the letters in the order in which the layer gets them, and how many it reads. */
  function rows(state) {
    const lengths = lengthsOf(state);
    const T = Math.max(...lengths);
    return lengths.map((length, n) => {
      const word = [...WORDS[n]].slice(0, length);
      const padding = Array(T - length).fill(PADDING);
      const turned = [...word].reverse();
      const given = state.way === "within" ? [...turned, ...padding] : [...padding, ...turned];
      const count = state.way === "naive" ? T : length;
      const states = read(given.slice(0, count));
      const alone = read(turned);
      return { batch: [...word, ...padding], given, count, states, end: states[count - 1], alone: alone[length - 1], length };
    });
  }

  const differs = (row) => Math.abs(row.end - row.alone) > 1e-12;

  /** Letters in boxes from x on, padding dashed; those after the first `count` are pale. */
  const boxes = (letters, x, y, count) => letters.map((letter, i) => {
    const [stroke, dash, fill] = letter === PADDING ? ["muted", "3 2", "ink"] : ["input", undefined, "input"];
    return group({ opacity: i < count ? 1 : 0.3 },
      rect(x + CELL * i + 1, y, CELL - 2, 26, { fill: "none", stroke, "stroke-dasharray": dash, rx: 3 }),
      text(x + CELL * (i + 0.5), y + 18, letter, { size: 15, fill }));
  }).join("");

  /** The states read, as bars on a scale from -1 to 1; a circle where the row alone would end. */
  function bars(row, base) {
    const at = (i) => READ + CELL * i;
    return row.states.map((value, i) =>
      rect(at(i) + 6, Math.min(base, base - 18 * value), CELL - 12, Math.abs(18 * value),
        { fill: "hidden", opacity: 0.6 })).join("") +
      line(READ, base, at(row.given.length), base, { "stroke-width": 1 }) +
      circle(at(row.count - 0.5), base - 18 * row.alone, 4, { fill: "none", stroke: "ink" });
  }

  function drawRow(row, n) {
    const y = TOP + ROW * n;
    const end = BATCH + CELL * row.length;
    const verdict = differs(row) ? "differs" : "equal";
    return boxes(row.batch, BATCH, y, 6) + boxes(row.given, READ, y, row.count) + bars(row, y + 50) +
      line(end, y - 4, end, y + 30, { "stroke-width": 4, "stroke-linecap": "round" }) +
      rect(end - 14, y - 6, 28, 38, { fill: "transparent", "data-drag": `n${n}` }) +
      text(BATCH, y + 48, `ends at ${number(row.end, 3)}`, { anchor: "start", fill: "hidden" }) +
      text(BATCH, y + 66, `alone at ${number(row.alone, 3)}: ${verdict}`,
        { anchor: "start", "font-weight": differs(row) ? "bold" : undefined });
  }

  const length = (n, value) =>
    ({ id: `n${n}`, label: `length of row ${n}`, type: "range", min: 1, max: 6, step: 1, value });
  const drag = (id) => (x) => ({ [id]: (x - BATCH) / CELL });

  Course.figure({
    name: "padding_reversal",
    size: [360, 312],
    controls: [
      { id: "way", label: "reversal", type: "select", value: "naive",
        options: ["naive", "lengths", "within"].map((way) => [way, ways[way]]) },
      length(0, 6), length(1, 2), length(2, 4),
    ],
    drag: { n0: drag("n0"), n1: drag("n1"), n2: drag("n2") },
    draw(state) {
      return text(BATCH, 20, "the batch", { anchor: "start" }) +
        text(READ, 20, "what the layer reads", { anchor: "start" }) +
        text(READ, 37, ways[state.way], { anchor: "start", size: 12 }) +
        rows(state).map(drawRow).join("");
    },
    describe(state) {
      const found = rows(state).map((row, n) => differs(row)
        ? `row ${n} by ${number(Math.abs(row.end - row.alone), 3)}` : "");
      const wrong = found.filter(Boolean);
      return `Lengths ${lengthsOf(state).join(", ")}, ${ways[state.way]}. ` +
        (wrong.length ? `The final state differs from that of the row alone in ${wrong.join(", ")}.`
          : "Each final state is that of the row alone.");
    },
  });
}
