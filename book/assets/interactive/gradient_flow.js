// dL/dh_{T-k} = dL/dh_T J_T ... J_{T-k+1} with J = slope * Whh^T: its norm over k (chapter 6).
"use strict";

{
  const { norm, matmul, transpose, circle, line, text, number, powerOfTen, scientific, plot } = Course;
  const STEPS = 40;
  const HANDLE = 20; // the distance of the point that can be dragged
  const shapes = { rotation: [[0.8, 0.6], [-0.6, 0.8]], shear: [[1, 5], [0, 1]] };
  const stretch = { rotation: 1, shear: Math.sqrt((27 + Math.sqrt(725)) / 2) }; // largest singular value

  /** Norms of the gradient at the distances 0 to STEPS, by repeated products. */
  function flow({ shape, radius, slope }) {
    const J = transpose(shapes[shape].map((row) => row.map((value) => slope * radius * value)));
    let gradient = [0, 1];
    const norms = [norm(gradient)];
    for (let k = 1; k <= STEPS; k++) norms.push(norm((gradient = matmul(gradient, J))));
    return norms;
  }

  /** What clipping by norm multiplies the whole gradient by, all distances together. */
  const factor = (norms, { clip, limit }) => (clip ? Math.min(1, 10 ** limit / norm(norms)) : 1);
  const powers = (base) => Array.from({ length: STEPS + 1 }, (_, k) => base ** k);

  const axes = plot({
    x: 44, y: 26, width: 306, height: 220, xlim: [0, STEPS], ylim: [1e-6, 1e6], log: true,
    xticks: [0, 10, 20, 30, 40].map((k) => [k, k]),
    yticks: [-6, -3, 0, 3, 6].map((e) => [10 ** e, powerOfTen(e)]),
    xlabel: "distance k", ylabel: "norm of the gradient, k steps back",
  });

  const dashes = { bound: "2 4", radius: "7 4" };

  function legend(entries) {
    return entries.map(([label, more], i) => {
      const y = 302 + 20 * i;
      return line(44, y - 4, 76, y - 4, { "stroke-width": 2.5, ...more }) +
        text(84, y, label, { anchor: "start" });
    }).join("");
  }

  Course.figure({
    name: "gradient_flow",
    size: [360, 376],
    controls: [
      { id: "shape", label: "matrix", type: "select", value: "shear",
        options: [["rotation", "rotation"], ["shear", "shear, as above"]] },
      { id: "radius", label: "radius ρ", type: "range", min: 0.5, max: 1.6, step: 0.02, value: 0.8 },
      { id: "slope", label: "slope of f", type: "range", min: 0.2, max: 1, step: 0.02, value: 1 },
      { id: "clip", label: "clip the whole gradient by its norm", type: "toggle", value: false },
      { id: "limit", label: "limit", type: "range", min: -1, max: 3, step: 0.5, value: 0,
        format: (e) => scientific(10 ** e) },
    ],
    drag: {
      point: (_, y, state) => {
        const unit = flow({ ...state, radius: 1, slope: 1 })[HANDLE];
        return { radius: (axes.uy(y) / unit) ** (1 / HANDLE) / state.slope };
      },
    },
    draw(state) {
      const norms = flow(state);
      const scale = factor(norms, state);
      const sigma = state.radius * stretch[state.shape];
      const bound = { stroke: "baseline", "stroke-dasharray": dashes.bound, "stroke-width": 2.5 };
      const rate = { stroke: "accent", "stroke-dasharray": dashes.radius };
      const whole = { stroke: "gradient", "stroke-width": 3 };
      const clipped = { stroke: "output", "stroke-width": 3 };
      const height = Math.max(26, Math.min(246, axes.sy(Math.max(1e-300, norms[HANDLE]))));
      return axes.frame +
        axes.curve(powers(state.slope * sigma), bound) +
        axes.curve(norms, whole) +
        axes.curve(powers(state.slope * state.radius), rate) +
        (scale < 1 ? axes.curve(norms.map((value) => value * scale), clipped) : "") +
        circle(axes.sx(HANDLE), height, 6, { fill: "gradient" }) +
        circle(axes.sx(HANDLE), height, 16, { fill: "transparent", "data-drag": "point" }) +
        legend([
          ["the gradient, as multiplied", whole],
          [`slope · radius, to the power k (${number(state.slope * state.radius)})`, rate],
          [`slope · σ₁, to the power k (${number(state.slope * sigma)})`, bound],
          [scale < 1 ? `clipped: all of it times ${scientific(scale)}` : "clipped: nothing to clip", clipped],
        ].slice(0, state.clip ? 4 : 3));
    },
    describe(state) {
      const norms = flow(state);
      const largest = norms.indexOf(Math.max(...norms));
      const scale = factor(norms, state);
      return `Slope times radius is ${number(state.slope * state.radius)}. ` +
        `The gradient's norm is 1 at distance 0, ${scientific(norms[10])} at 10 and ` +
        `${scientific(norms[STEPS])} at ${STEPS}; it is largest at ${largest}.` +
        (scale < 1 ? ` Clipping multiplies it by ${scientific(scale)} at every distance.` : "");
    },
  });
}
