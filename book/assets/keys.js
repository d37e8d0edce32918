// The keys of the book. Sphinx turns pages with the arrow keys; this script keeps them from
// boxes that use the arrows themselves, shows all keys on "?", and lets readers turn them off.
"use strict";

(function () {
  const KEY = "rnn-course-keys";
  const KEYS = [
    ["←", "the page before"],
    ["→", "the next page"],
    ["Ctrl K", "search"],
    ["Tab", "from link to link; the first one skips to the text"],
    ["?", "this list"],
    ["Esc", "close it"],
  ];
  const USES_ARROWS =
    "input, select, textarea, button, summary, audio, video, [contenteditable]," +
    "[role=slider], [role=spinbutton], [role=tab], [role=radio], [role=listbox], [role=menu]";

  const TYPES_TEXT =
    "input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]";

  function areOff() {
    try {
      return localStorage.getItem(KEY) === "off";
    } catch {
      return dialog.dataset.off === "yes";
    }
  }

  function turn(off) {
    dialog.dataset.off = off ? "yes" : "no";
    try {
      localStorage.setItem(KEY, off ? "off" : "on");
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }

  function makeDialog() {
    const box = document.createElement("dialog");
    box.className = "keys-dialog";
    box.setAttribute("aria-labelledby", "keys-title");
    const rows = KEYS.map(([key, what]) => `<tr><th scope="row"><kbd>${key}</kbd></th><td>${what}</td></tr>`);
    box.innerHTML =
      `<h2 id="keys-title">Keys</h2><table>${rows.join("")}</table>` +
      `<p><label><input type="checkbox" id="keys-on" /> Use ←, → and ? on these pages</label></p>` +
      `<form method="dialog"><button>Close</button></form>`;
    document.body.append(box);
    return box;
  }

  const dialog = makeDialog();
  const on = dialog.querySelector("#keys-on");

  function open() {
    if (dialog.open) return;
    on.checked = !areOff();
    dialog.showModal();
  }

  function scrollsSideways(element) {
    for (let box = element; box && box !== document.body; box = box.parentElement) {
      const overflow = getComputedStyle(box).overflowX;
      if (box.scrollWidth > box.clientWidth && (overflow === "auto" || overflow === "scroll")) return true;
    }
    return false;
  }

  // On <html>, before Sphinx's own listener on the document: what it must not see stops here.
  document.documentElement.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isArrow = event.key === "ArrowLeft" || event.key === "ArrowRight";
    if (!isArrow && event.key !== "?") return;
    const inUse = event.target.closest(USES_ARROWS);
    if (isArrow && (event.defaultPrevented || inUse || areOff() || dialog.open || scrollsSideways(event.target)))
      event.stopPropagation();
    if (event.key === "?" && !event.target.closest(TYPES_TEXT) && !areOff()) {
      event.preventDefault();
      open();
    }
  });

  on.addEventListener("change", () => turn(!on.checked));

  // The way to the list without a keyboard: at the end of the page.
  const end = document.querySelector(".reading-mark");
  if (end) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "keys-button";
    button.textContent = "Keys";
    button.addEventListener("click", open);
    end.append(button);
  }
})();
