// What is wider than its box scrolls sideways: let the keyboard reach it, and only then.
"use strict";

(() => {
  const boxes = ["pre", "table", "div.math", "mjx-container", ".output", "[class*='scroll']"];
  const selector = boxes.map((box) => `.bd-article ${box}`).join();

  function scrolls(box) {
    return box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX === "auto";
  }

  function update() {
    const wide = [...document.querySelectorAll(selector)].map((box) => [box, scrolls(box)]);
    for (const [box, focusable] of wide) {
      if (focusable) box.tabIndex = 0;
      else if (box.tabIndex === 0) box.removeAttribute("tabindex");
    }
  }

  // Arrows move what has the focus; elsewhere they turn the pages of the book.
  function keepArrows(event) {
    const focused = event.target.closest("[tabindex='0']");
    if (focused && event.key.startsWith("Arrow")) event.stopPropagation();
  }

  document.body.addEventListener("keydown", keepArrows);
  addEventListener("load", update);
  addEventListener("resize", update);
  // What is folded away has no width before it is opened.
  document.addEventListener("toggle", update, true);
})();
