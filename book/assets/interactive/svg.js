// SVG as strings: what the figures draw with. Coordinates are rounded, so that a drawing has the
// same bytes everywhere.
"use strict";

(function (Course) {
  // The colours of rnncore/plots.py; the style sheet sets the variables on the page, and the
  // static file, an image that no style sheet reaches, falls back on these mid-tones.
  const tones = {
    input: "#2f7ebc", hidden: "#d1701f", output: "#3c9950", gradient: "#c23b4b", loss: "#8a5fb5",
    baseline: "#7f7f7f", accent: "#14919b", muted: "#9aa5b1", ink: "#5f6b78",
  };
  const color = (name) => (tones[name] ? `var(--course-${name}, ${tones[name]})` : name);
  const tone = (name) => tones[name];
  const colored = new Set(["fill", "stroke"]);

  const escape = (text) =>
    String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

  const tidy = (value) => (typeof value === "number" ? String(Math.round(value * 100) / 100) : value);

  /** tag("rect", {x: 1, fill: "hidden"}, inside): colours by name go into a style. */
  function tag(name, attributes = {}, inside = "") {
    const style = [];
    let text = "";
    for (const [key, value] of Object.entries(attributes)) {
      if (value === undefined || value === null) continue;
      if (colored.has(key) && value !== "none") style.push(`${key}:${color(value)}`);
      else text += ` ${key}="${escape(tidy(value))}"`;
    }
    if (style.length) text += ` style="${style.join(";")}"`;
    return `<${name}${text}>${inside}</${name}>`;
  }

  const rect = (x, y, width, height, more) => tag("rect", { x, y, width, height, ...more });
  const circle = (cx, cy, r, more) => tag("circle", { cx, cy, r, ...more });
  const group = (more, ...parts) => tag("g", more, parts.join(""));
  const line = (x1, y1, x2, y2, more) =>
    tag("line", { x1, y1, x2, y2, stroke: "ink", "stroke-width": 1.5, ...more });

  /** points [[x, y], ...] as one open line. */
  const polyline = (points, more) =>
    tag("polyline", {
      points: points.map((point) => point.map(tidy).join(",")).join(" "),
      fill: "none", stroke: "ink", "stroke-width": 2, "stroke-linejoin": "round", ...more,
    });

  /** A straight arrow; the head is drawn, because markers need ids that must not repeat. */
  function arrow(x1, y1, x2, y2, more = {}) {
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
    const at = (back, side) => [x2 - back * ux - side * uy, y2 - back * uy + side * ux];
    const head = [[x2, y2], at(7, 3.5), at(7, -3.5)].map((p) => p.map(tidy).join(",")).join(" ");
    const stroke = more.stroke || "ink";
    return line(x1, y1, ...at(5, 0), more) +
      tag("polygon", { points: head, fill: stroke, opacity: more.opacity });
  }

  /** Text, 13 units high unless told; anchor "start", "middle" (default) or "end". */
  function text(x, y, string, more = {}) {
    const { size = 13, anchor = "middle", ...rest } = more;
    return tag("text", { x, y, "font-size": size, "text-anchor": anchor, fill: "ink", ...rest },
      /^<tspan/.test(string) ? string : escape(string));
  }

  /** A symbol with an index, for text(): symbol("h", "t−1") is an italic h with a small index. */
  const symbol = (letter, index = "", after = "") =>
    `<tspan font-style="italic">${escape(letter)}</tspan>` +
    (index === "" ? "" : `<tspan font-size="80%" dy="3">${escape(index)}</tspan>`) +
    (after === "" ? "" : `<tspan dy="${index === "" ? 0 : -3}">${escape(after)}</tspan>`);

  /** A number for reading: fixed digits, a true minus sign, never "−0.00". */
  function number(value, digits = 2) {
    const string = value.toFixed(digits);
    return /^-[0.]*$/.test(string) ? string.slice(1) : string.replace("-", "−");
  }

  const powerOfTen = (exponent) =>
    "10" + String(exponent).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] || "⁻");

  /** A positive number of any size: 0.25, 3.14, 27, 1.5 · 10³. */
  function scientific(value) {
    if (value >= 0.01 && value < 1000) return number(value, value < 10 ? 2 : 0);
    const [mantissa, exponent] = value.toExponential(1).split("e");
    return `${mantissa} · ${powerOfTen(Number(exponent))}`;
  }

  /**
   * A plot in the box {x, y, width, height} with the limits xlim, ylim (log: true for a logarithmic
   * y axis), xticks, yticks [[value, label], ...], xlabel, ylabel. Returns {frame, sx, sy, curve,
   * ux, uy}: the frame to draw, scales and their inverses, and curve(ys, more), cut at the frame,
   * through the points (0, ys[0]), (1, ys[1]), ...
   */
  function plot({ x, y, width, height, xlim, ylim, log, xticks = [], yticks = [], xlabel, ylabel }) {
    const f = log ? Math.log10 : (value) => value;
    const [low, high] = ylim.map(f);
    const sx = (value) => x + (width * (value - xlim[0])) / (xlim[1] - xlim[0]);
    const sy = (value) => y + height - (height * (f(value) - low)) / (high - low);
    const ux = (position) => xlim[0] + ((position - x) / width) * (xlim[1] - xlim[0]);
    const back = (value) => (log ? 10 ** value : value);
    const uy = (position) => back(low + ((y + height - position) / height) * (high - low));
    const grid = { stroke: "muted", "stroke-width": 0.75, opacity: 0.5 };
    const frame =
      yticks.map(([v, label]) => line(x, sy(v), x + width, sy(v), grid) +
        text(x - 5, sy(v) + 4, label, { anchor: "end" })).join("") +
      xticks.map(([v, label]) => text(sx(v), y + height + 16, label)).join("") +
      line(x, y, x, y + height) + line(x, y + height, x + width, y + height) +
      (xlabel ? text(x + width, y + height + 32, xlabel, { anchor: "end" }) : "") +
      (ylabel ? text(x, y - 8, ylabel, { anchor: "start" }) : "");
    // Far outside the frame a coordinate would only lose its digits; the inner svg cuts it off.
    const near = (value) => Math.max(-height, Math.min(2 * height, sy(Math.max(value, 1e-300)) - y));
    const plain = (value) => Math.max(-height, Math.min(2 * height, sy(value) - y));
    const curve = (ys, more) =>
      tag("svg", { x, y, width, height },
        polyline(ys.map((value, k) => [sx(k) - x, (log ? near : plain)(value)]), more));
    return { frame, sx, sy, ux, uy, curve };
  }

  /**
   * Rows over the steps `first` to `last`, `pitch` apart, the first at x. The values of a row come
   * as an array that ends at the last step. Returns {at, step, label, header, numbers, bars, gates}:
   * the place of a step, its inverse, and what draws a row at height y.
   */
  function timeline({ x, pitch, first, last }) {
    const at = (t) => x + pitch * (t - first);
    const each = (values, draw) =>
      values.map((value, k) => draw(value, last - values.length + 1 + k)).join("");
    return {
      at,
      step: (position) => first + (position - x) / pitch,
      label: (y, string, more) => text(4, y, string, { anchor: "start", size: 15, ...more }),
      numbers: (y, values, more) =>
        each(values, (value, t) => text(at(t), y, number(value, more.digits), { size: 12, ...more })),

      /** The steps' numbers, with the column of one of them marked down to `bottom`; it can be dragged. */
      header(y, bottom, marked, handle) {
        const steps = Array.from({ length: last - first + 1 }, (_, k) => first + k);
        return rect(at(marked) - pitch / 2, y - 15, pitch, bottom - y + 15,
          { fill: "muted", opacity: 0.25, rx: 4 }) +
          each(steps, (t) => text(at(t), y, String(t), { "font-weight": t === marked ? 700 : 400 })) +
          rect(at(marked) - pitch / 2, y - 15, pitch, 22, { fill: "transparent", "data-drag": handle });
      },

      /** Bars from the zero line y; a hollow circle stands at each value of `alone`. */
      bars: (y, values, { scale, fill, alone = [] }) =>
        line(x - pitch / 2, y, at(last) + pitch / 2, y, { "stroke-width": 1 }) +
        each(values, (value, t) => rect(at(t) - 7, y - Math.max(0, scale * value), 14,
          Math.abs(scale * value), { fill, opacity: 0.6 })) +
        each(alone, (value, t) => circle(at(t), y - scale * value, 3.5,
          { fill: "none", stroke: "ink", "stroke-width": 1.2 })),

      /** Values from 0 to 1 as boxes filled to that level, from y down to y + height: handles. */
      gates: (y, height, values, fill, handle) =>
        each(values, (value, t) => {
          const level = y + height * (1 - value);
          return rect(at(t) - 11, y, 22, height, { fill: "none", stroke: fill, "stroke-width": 1 }) +
            rect(at(t) - 11, level, 22, height * value, { fill, opacity: 0.5 }) +
            line(at(t) - 11, level, at(t) + 11, level, { stroke: fill, "stroke-width": 3 }) +
            rect(at(t) - pitch / 2, y - 3, pitch, height + 6,
              { fill: "transparent", "data-drag": `${handle}:${t}` });
        }),
    };
  }

  Object.assign(Course, {
    tone, escape, tag, rect, circle, group, line, polyline, arrow, text, symbol, number, powerOfTen,
    scientific, plot, timeline,
  });
})((globalThis.Course = globalThis.Course || {}));
