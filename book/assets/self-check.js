// Self-check questions: show the explanation of the answer that was chosen.
// The page holds everything; without this script the <details> below the answers tells all.
"use strict";

(function () {
  function upgrade(form) {
    const boxes = Array.from(form.querySelectorAll("fieldset input"));
    const feedback = form.querySelector(".self-check-feedback");
    const details = form.querySelector("details");
    const reasons = boxes.map((box) => document.getElementById(box.id + "-why"));
    const single = boxes[0].type === "radio";
    const isRight = (i) => reasons[i].classList.contains("is-right");

    // Explanations move to the feedback and back, so that each stands on the page once.
    function collect() {
      reasons.forEach((reason) => details.append(reason));
      feedback.replaceChildren();
      boxes.forEach((box) => box.parentElement.classList.remove("is-right", "is-wrong"));
    }

    function mark(i) {
      boxes[i].parentElement.classList.add(isRight(i) ? "is-right" : "is-wrong");
    }

    // One answer: its explanation begins with the verdict. Several: sum them up.
    function verdict() {
      if (!boxes.some((box) => box.checked)) return "Choose an answer first.";
      if (single) return "";
      const missed = boxes.some((box, i) => isRight(i) && !box.checked);
      const wrong = boxes.some((box, i) => !isRight(i) && box.checked);
      if (wrong) return missed ? "Not right: some too many, some missing." : "Not right: too many.";
      return missed ? "Right so far, but not all." : "All right.";
    }

    function check() {
      details.open = false;
      collect();
      const line = document.createElement("p");
      line.className = "self-check-verdict";
      line.textContent = verdict();
      if (line.textContent) feedback.append(line);
      boxes.forEach((box, i) => {
        if (!box.checked) return;
        mark(i);
        feedback.append(reasons[i]);
      });
    }

    form.querySelector("button").addEventListener("click", check);
    boxes.forEach((box) => {
      // A click or a tap on a single answer decides; the arrow keys only look around.
      box.addEventListener("click", (event) => {
        if (single && event.detail > 0) check();
      });
      box.addEventListener("keydown", (event) => {
        if (event.key === "Enter") check();
      });
    });
    details.addEventListener("toggle", () => {
      if (!details.open) return;
      collect();
      boxes.forEach((box, i) => mark(i));
    });
  }

  document.querySelectorAll(".self-check").forEach(upgrade);

  // Paper shows every explanation.
  const closed = [];
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll(".self-check details:not([open])").forEach((details) => {
      closed.push(details);
      details.open = true;
    });
  });
  window.addEventListener("afterprint", () => {
    closed.splice(0).forEach((details) => (details.open = false));
  });
})();
