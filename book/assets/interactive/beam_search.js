// Greedy and beam search on all sequences of at most three symbols (chapter 5). Course.beamSearch
// is rnncore's beam_search for a table of next probabilities. It records every step and never stops
// early: it goes on until nothing is left in the beam.
"use strict";

{
  const { circle, line, text, group, number } = Course;
  const END = ".";
  const LENGTH = 3;
  const SYMBOLS = ["a", "b", END];
  const COLUMNS = [16, 84, 184, 304];
  // The probabilities of a, b and the end after each beginning.
  const NEXT = {
    "": [0.5, 0.4, 0.1],
    a: [0.36, 0.34, 0.3], b: [0.5, 0.04, 0.46],
    aa: [0.3, 0.3, 0.4], ab: [0.4, 0.3, 0.3], ba: [0.1, 0.05, 0.85], bb: [0.4, 0.3, 0.3],
  };

  const over = (ids) => ids.endsWith(END) || ids.length === LENGTH;
  const penalty = (length, alpha) => ((5 + length) / 6) ** alpha;

  /** The best hypotheses, best first, and for each step the candidates and the picked ones. */
  function beamSearch(width, alpha, next = NEXT) {
    let beam = [{ ids: "", logProb: 0 }];
    let best = [];
    const steps = [];
    while (beam.length) {
      const candidates = beam.flatMap(({ ids, logProb }) => next[ids].map((p, symbol) =>
        ({ ids: ids + SYMBOLS[symbol], logProb: logProb + Math.log(p) })));
      const picked = [...candidates].sort((a, b) => b.logProb - a.logProb).slice(0, width);
      const finished = picked.filter(({ ids }) => over(ids)).map(({ ids, logProb }) =>
        ({ ids, logProb, score: logProb / penalty(ids.length, alpha) }));
      best = [...best, ...finished].sort((a, b) => b.score - a.score).slice(0, width);
      beam = picked.filter(({ ids }) => !over(ids));
      steps.push({ candidates, picked, best });
    }
    return { best, steps };
  }
  Course.beamSearch = beamSearch;
  Course.beamTree = NEXT;

  /** Every beginning with its place: children below each other, one row for each full sequence. */
  const places = (() => {
    const found = {};
    let row = 0;
    const place = (ids) => {
      const children = over(ids) ? [] : SYMBOLS.map((symbol) => place(ids + symbol));
      const y = children.length ? (children[0] + children[children.length - 1]) / 2 : 40 + 19 * row++;
      found[ids] = { x: COLUMNS[ids.length], y };
      return y;
    };
    place("");
    return found;
  })();

  const probability = ({ logProb }) => number(Math.exp(logProb), 3);

  /** What the search knows after `count` steps: for each beginning "picked", "dropped" or nothing. */
  function known(steps, count) {
    const marks = { "": { picked: true } };
    for (const { candidates, picked } of steps.slice(0, count)) {
      for (const candidate of candidates) {
        marks[candidate.ids] = { ...candidate, picked: picked.includes(candidate) };
      }
    }
    return marks;
  }

  function node(ids, mark, isBest) {
    const { x, y } = places[ids];
    const color = isBest ? "output" : mark && mark.picked ? "hidden" : "muted";
    const from = places[ids.slice(0, -1)];
    const edge = ids === "" ? "" : line(from.x + (ids.length === 1 ? 8 : 54), from.y, x - 9, y,
      { stroke: color, "stroke-width": mark && mark.picked ? 2.5 : 1 });
    return group({ opacity: mark ? 1 : 0.35 }, edge,
      circle(x, y, 8, { fill: mark && mark.picked ? color : "none", stroke: color, "stroke-width": 1.5,
        "fill-opacity": 0.3 }),
      text(x, y + (ids.endsWith(END) ? 3 : 4.5), ids.slice(-1), { "font-weight": "bold" }),
      mark && ids !== "" ? text(x + 13, y + 4.5, probability(mark),
        { anchor: "start", fill: mark.picked ? color : "ink", "font-weight": mark.picked ? "bold" : undefined }) : "");
  }

  const result = ({ ids, logProb, score }) =>
    `${ids}  probability ${probability({ logProb })}, score ${number(score)}`;

  Course.figure({
    name: "beam_search",
    size: [360, 394],
    controls: [
      { id: "t", label: "step", type: "range", min: 0, max: LENGTH, step: 1, value: LENGTH },
      { id: "width", label: "beam width", type: "range", min: 1, max: 3, step: 1, value: 2 },
      { id: "alpha", label: "penalty α", type: "range", min: 0, max: 1.5, step: 0.1, value: 0 },
    ],
    play: { control: "t", every: 1500 },
    draw(state) {
      const { steps } = beamSearch(state.width, state.alpha);
      const marks = known(steps, state.t);
      const last = steps[state.t - 1];
      const best = last && last.best[0];
      const onBest = (ids) => best !== undefined && ids !== "" && best.ids.startsWith(ids);
      const nodes = Object.keys(places).sort().map((ids) => node(ids, marks[ids], onBest(ids)));
      return ["start", "step 1", "step 2", "step 3"].map((title, i) =>
        text(COLUMNS[i] - 9, 16, title, { anchor: "start" })).join("") +
        nodes.join("") +
        text(12, 352, "finished, best first:", { anchor: "start" }) +
        (best === undefined ? text(12, 371, "none yet", { anchor: "start" })
          : last.best.slice(0, 2).map((hypothesis, i) => text(12, 371 + 18 * i, result(hypothesis),
            { anchor: "start", fill: i === 0 ? "output" : "ink" })).join(""));
    },
    describe(state) {
      const { steps } = beamSearch(state.width, state.alpha);
      if (state.t === 0) return `Beam width ${state.width}: nothing is read yet.`;
      const { picked, best } = steps[state.t - 1];
      return `Step ${state.t} keeps ` +
        `${picked.map((kept) => `${kept.ids} (${probability(kept)})`).join(", ")}. ` +
        (best.length ? `Best finished: ${result(best[0])}.` : "Nothing is finished.");
    },
  });
}
