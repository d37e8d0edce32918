// The steps of rnncore in JavaScript, for one sequence: rows are plain arrays, matrices arrays of
// rows, names and gate order those of the book. tests/test_interactive.py holds them to rnncore.
"use strict";

(function (Course) {
  const add = (...rows) => rows[0].map((_, j) => rows.reduce((sum, row) => sum + row[j], 0));
  const times = (a, b) => a.map((value, j) => value * b[j]);
  const norm = (row) => Math.hypot(...row);

  /** x W for a row x (D,) and a matrix W (D, H). */
  function matmul(x, W) {
    const product = W[0].map(() => 0);
    // Row by row: the model of chapter 7 has tens of thousands of weights.
    for (let i = 0; i < x.length; i++) {
      for (let j = 0; j < product.length; j++) product[j] += x[i] * W[i][j];
    }
    return product;
  }

  const transpose = (W) => W[0].map((_, j) => W.map((row) => row[j]));

  /** Columns of block k when the columns of W (or of a row) lie in `count` equal blocks. */
  function block(W, k, count) {
    const cut = (row) => row.slice((k * row.length) / count, ((k + 1) * row.length) / count);
    return Array.isArray(W[0]) ? W.map(cut) : cut(W);
  }

  const sigmoid = (a) => (1 + Math.tanh(a / 2)) / 2;

  /** The a with sigmoid(a) = value; at 0 and 1 it is -50 and 50, whose sigmoid rounds to them. */
  const logit = (value) => Math.min(50, Math.max(-50, Math.log(value / (1 - value))));

  const activations = { tanh: Math.tanh, relu: (a) => Math.max(a, 0) };
  const slopes = { tanh: (h) => 1 - h * h, relu: (h) => (h > 0 ? 1 : 0) };

  function logSoftmax(o) {
    const largest = Math.max(...o);
    const log = Math.log(o.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    return o.map((value) => value - largest - log);
  }

  const softmax = (o, temperature = 1) =>
    logSoftmax(o.map((value) => value / temperature)).map(Math.exp);

  /** h = f(x Wxh + h_prev Whh + bh); the three summands and their sum a come along. */
  function rnnStep(x, hPrev, { Wxh, Whh, bh }, f = "tanh") {
    const fromInput = matmul(x, Wxh);
    const fromState = matmul(hPrev, Whh);
    const a = add(fromInput, fromState, bh);
    return { h: a.map(activations[f]), a, fromInput, fromState };
  }

  /** dL/dh_prev and dL/dx from dL/dh, with h of the step. */
  function rnnStepBackward(dh, h, { Wxh, Whh }, f = "tanh") {
    const da = times(dh, h.map(slopes[f]));
    return { dhPrev: matmul(da, transpose(Whh)), dx: matmul(da, transpose(Wxh)), da };
  }

  /** Blocks i, f, g, o: c = f c_prev + i g, h = o tanh(c). */
  function lstmStep(x, hPrev, cPrev, { Wxh, Whh, bh }) {
    const a = add(matmul(x, Wxh), matmul(hPrev, Whh), bh);
    const [i, f, o] = [0, 1, 3].map((k) => block(a, k, 4).map(sigmoid));
    const g = block(a, 2, 4).map(Math.tanh);
    const c = add(times(f, cPrev), times(i, g));
    return { i, f, g, o, c, h: times(o, c.map(Math.tanh)) };
  }

  /**
   * Blocks r, z, n. With bhn the reset comes after the product, without it before. `keep` says
   * what z weighs: "old" for h = (1 - z) n + z h_prev (rnncore, PyTorch, Keras), "new" for
   * h = z n + (1 - z) h_prev (many texts).
   */
  function gruStep(x, hPrev, { Wxh, Whh, bh, bhn }, keep = "old") {
    const a = add(matmul(x, Wxh), bh);
    const fromState = (k, h) => matmul(h, block(Whh, k, 3));
    const [r, z] = [0, 1].map((k) => add(block(a, k, 3), fromState(k, hPrev)).map(sigmoid));
    const inner = bhn ? times(r, add(fromState(2, hPrev), bhn)) : fromState(2, times(r, hPrev));
    const n = add(block(a, 2, 3), inner).map(Math.tanh);
    const [old, fresh] = keep === "old" ? [z, z.map((v) => 1 - v)] : [z.map((v) => 1 - v), z];
    return { r, z, n, h: add(times(fresh, n), times(old, hPrev)) };
  }

  /** dL/dh_prev from dL/dh, with r, z, n of the step; reset before the product, z weighs the old. */
  function gruStepBackward(dh, hPrev, { r, z, n }, { Whh }) {
    const through = (da, k) => matmul(da, transpose(block(Whh, k, 3)));
    const slope = (gate) => gate.map((v) => v * (1 - v));
    const fresh = times(dh, z.map((v) => 1 - v));
    const ds = through(times(fresh, n.map((v) => 1 - v * v)), 2); // by s = r h_prev
    const daR = times(times(ds, hPrev), slope(r));
    const daZ = times(times(dh, add(hPrev, n.map((v) => -v))), slope(z));
    return add(times(dh, z), times(ds, r), through(daR, 0), through(daZ, 1));
  }

  Object.assign(Course, {
    add, times, norm, matmul, transpose, block, sigmoid, logit, softmax, logSoftmax,
    rnnStep, rnnStepBackward, lstmStep, gruStep, gruStepBackward,
  });
  if (typeof module === "object") module.exports = Course;
})((globalThis.Course = globalThis.Course || {}));
