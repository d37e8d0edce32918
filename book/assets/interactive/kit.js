// The kit of the interactive figures: it draws the static file and the controls at build time
// (book/extension/coursebook/draw.js, under node) and brings both to life on the page.
//
// A figure is one file NAME.js in this folder (with NAME_data.js before it, if there is one). It is
// a classic script, because browsers block modules on file://, in a block of its own:
//
//   {
//     const { rect, text, number } = Course;
//     Course.figure({
//       name: "unroll",
//       size: [360, 300],   // the viewBox; 360 wide, so that a text of 13 is read on a phone
//       controls: [
//         { id: "w", label: "recurrent weight w", type: "range", min: 0, max: 1.5, step: 0.05,
//           value: 0.9, digits: 2 },                       // or format: (value) => string
//         { id: "f", label: "activation", type: "select", options: [["tanh", "tanh"]], value: "tanh" },
//         { id: "on", label: "show the bound", type: "toggle", value: true },
//         { id: "flip", label: "Flip", type: "button", press: (state) => ({ w: -state.w }) },
//       ],
//       play: { control: "t", every: 900 },                // optional: Step and Play move this range
//       drag: { bar: (x, y, state, detail) => ({ w: y }) },  // optional, see below
//       draw: (state) => "...",      // what stands inside the svg; pure, no DOM, no chance
//       describe: (state) => "...",  // one or two sentences with the values, for ear and eye
//     });
//   }
//
// `state` maps the ids of range, select and toggle to their values. Every figure gets a Reset
// button. An element drawn with data-drag="bar:3" is a handle: while it is held, drag.bar(x, y,
// state, "3") is called with the place in units of the viewBox; what it returns is cut to the
// controls' range and step. Handles are an addition: all they move has a control, which keyboards
// and screen readers use. Make them 22 units wide or more. Colours go by the meanings of svg.js.
// Ids in the svg would repeat on the page: use none.
"use strict";

(function (Course) {
  const figures = (Course.figures = {});

  function figure(definition) {
    if (figures[definition.name]) throw new Error(`figure ${definition.name}: registered twice`);
    figures[definition.name] = definition;
  }

  const valued = (control) => control.type !== "button";
  const initial = ({ controls }) =>
    Object.fromEntries(controls.filter(valued).map(({ id, value }) => [id, value]));

  /** The whole svg: a file of its own, and the picture on the page. */
  function svg(figure, state = initial(figure)) {
    const [width, height] = figure.size;
    return Course.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height,
      role: "img", "aria-label": figure.describe(state), "font-family": "sans-serif",
    }, figure.draw(state));
  }

  const digitsOf = (step) => (String(step).split(".")[1] || "").length;
  const shown = (control, value) => control.format
    ? control.format(value) : Course.number(value, control.digits ?? digitsOf(control.step));

  const markups = {
    range: (c) => `<label class="course-range"><span>${Course.escape(c.label)}</span>` +
      `<input type="range" data-control="${c.id}" min="${c.min}" max="${c.max}" step="${c.step}"` +
      ` value="${c.value}" aria-valuetext="${Course.escape(shown(c, c.value))}" autocomplete="off">` +
      `<span class="course-value" aria-hidden="true">${Course.escape(shown(c, c.value))}</span></label>`,
    select: (c) => `<label class="course-select"><span>${Course.escape(c.label)}</span>` +
      `<select data-control="${c.id}" autocomplete="off">` +
      c.options.map(([value, label]) => `<option value="${Course.escape(value)}"` +
        `${value === c.value ? " selected" : ""}>${Course.escape(label)}</option>`).join("") +
      "</select></label>",
    toggle: (c) => `<label class="course-toggle"><input type="checkbox" data-control="${c.id}"` +
      `${c.value ? " checked" : ""} autocomplete="off"><span>${Course.escape(c.label)}</span></label>`,
    button: (c) => `<button type="button" data-control="${c.id}">${Course.escape(c.label)}</button>`,
  };

  /** Controls and description as HTML; they do nothing before `enliven`. */
  function controls(figure) {
    const ofType = (test) =>
      figure.controls.filter(test).map((control) => markups[control.type](control)).join("");
    const play = figure.play
      ? '<button type="button" data-do="step">Step</button>' +
        '<button type="button" data-do="play">Play</button>' : "";
    return '<fieldset class="course-controls" disabled><legend>Try it</legend>' + ofType(valued) +
      `<div class="course-buttons">${play}${ofType((c) => !valued(c))}` +
      '<button type="button" data-do="reset">Reset</button></div></fieldset>' +
      `<p class="course-says" aria-live="polite">${Course.escape(figure.describe(initial(figure)))}</p>`;
  }

  /** The value cut to the control's range and step; what is no range stays as it is. */
  function fit(control, value) {
    if (control.type !== "range") return value;
    const { min, max, step } = control;
    const steps = Math.round((Math.min(max, Math.max(min, value)) - min) / step);
    return Number((min + steps * step).toFixed(10));
  }

  /** Replace the static picture in `box` by the living one. */
  function enliven(box, figure) {
    const picture = box.querySelector("img");
    const says = box.querySelector(".course-says");
    const inputs = new Map([...box.querySelectorAll("[data-control]")].map((element) =>
      [element.dataset.control, element]));
    const byId = Object.fromEntries(figure.controls.map((control) => [control.id, control]));
    const holder = document.createElement("div");
    let state = initial(figure);
    let queued = false;
    let saying = 0;
    let playing = 0;

    function redraw() {
      queued = false;
      const fresh = document.createElement("template");
      fresh.innerHTML = svg(figure, state);
      const drawing = fresh.content.firstChild;
      drawing.removeAttribute("width");
      drawing.removeAttribute("height");
      const old = holder.firstChild;
      if (!old) return holder.append(drawing);
      // The svg itself stays: it holds the pointer while something is dragged.
      old.setAttribute("aria-label", drawing.getAttribute("aria-label"));
      old.replaceChildren(...drawing.childNodes);
    }

    function say() {
      says.style.minHeight = `${says.offsetHeight}px`; // never shrinks, so that the text stays
      says.textContent = figure.describe(state);
    }

    function set(changes) {
      for (const [id, value] of Object.entries(changes)) {
        const control = byId[id];
        const input = inputs.get(id);
        state = { ...state, [id]: fit(control, value) };
        if (control.type === "toggle") input.checked = state[id];
        else input.value = state[id];
        if (control.type !== "range") continue;
        input.setAttribute("aria-valuetext", shown(control, state[id]));
        input.nextElementSibling.textContent = shown(control, state[id]);
      }
      if (!queued) requestAnimationFrame(redraw);
      queued = true;
      clearTimeout(saying); // a screen reader hears the value that stays, not each one passed
      saying = setTimeout(say, 300);
    }

    function step() {
      const { id, min, max, step } = byId[figure.play.control];
      set({ [id]: state[id] >= max ? min : state[id] + step });
      if (state[id] >= max) stop();
    }

    function stop() {
      clearInterval(playing);
      playing = 0;
      const button = box.querySelector('[data-do="play"]');
      if (button) button.textContent = "Play";
    }

    const actions = {
      step: () => { stop(); step(); },
      play(button) {
        if (playing) return stop();
        step();
        playing = setInterval(step, figure.play.every);
        button.textContent = "Pause";
      },
      reset: () => { stop(); set(initial(figure)); },
    };

    box.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (!button) return;
      if (button.dataset.do) actions[button.dataset.do](button);
      else set(byId[button.dataset.control].press(state));
    });
    box.addEventListener("input", ({ target }) => {
      const control = byId[target.dataset.control];
      const value = { range: Number(target.value), toggle: target.checked, select: target.value };
      set({ [control.id]: value[control.type] });
    });

    redraw();
    picture.replaceWith(holder);
    const drawing = holder.firstChild;
    // A finger on a handle drags it and does not scroll; touch-action alone is not enough, since
    // the handle is drawn anew while it moves.
    drawing.addEventListener("touchstart", (event) => {
      if (event.target.closest("[data-drag]")) event.preventDefault();
    }, { passive: false });
    drawing.addEventListener("pointerdown", (event) => {
      const handle = event.target.closest("[data-drag]");
      if (!handle) return;
      event.preventDefault();
      drawing.setPointerCapture(event.pointerId);
      const [name, detail] = handle.dataset.drag.split(":");
      const move = ({ clientX, clientY }) => {
        const point = new DOMPoint(clientX, clientY);
        const { x, y } = point.matrixTransform(drawing.getScreenCTM().inverse());
        set(figure.drag[name](x, y, state, detail));
      };
      drawing.onpointermove = move;
      drawing.onpointerup = drawing.onpointercancel = () => { drawing.onpointermove = null; };
    });
    box.querySelector("fieldset").disabled = false;
  }

  Object.assign(Course, { figure, initial, svg, controls, fit, enliven });
  if (typeof document === "undefined") return;
  document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll(".course-figure")) {
      enliven(box, figures[box.dataset.figure]);
    }
  });
})((globalThis.Course = globalThis.Course || {}));
