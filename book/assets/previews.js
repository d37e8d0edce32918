// Previews of links inside the book. Nothing is loaded before the first is wanted.
"use strict";

(() => {
  const root = document.documentElement.dataset.content_root;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const links = ".bd-article a.internal[href]:not(.headerlink)";
  let ready;

  function load(file) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}_static/previews/${file}`;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }

  async function prepare() {
    await load("popper.min.js");
    await load("tippy-bundle.umd.min.js");
    await load(`${DOCUMENTATION_OPTIONS.pagename}.js`);
    for (const [href, html] of Object.entries(coursePreviews)) {
      coursePreviews[href] = html.replaceAll('src="', `src="${root}`);
    }
  }

  function attach(link, html) {
    return tippy(link, {
      allowHTML: true,
      appendTo: document.querySelector(".bd-article"),
      aria: { content: "describedby", expanded: false },
      content: html,
      delay: [250, 100],
      duration: still.matches ? 0 : 150,
      interactive: true,
      maxWidth: 560,
      theme: "course",
      touch: ["hold", 500],
    });
  }

  async function preview(event) {
    const link = event.target.closest?.(links);
    if (!link || link._tippy) return;
    await (ready ??= prepare());
    const html = coursePreviews[link.getAttribute("href")];
    if (!html || link._tippy) return;
    const tip = attach(link, html);
    const touched = event.pointerType === "touch";
    if (!touched && link.matches(":hover, :focus-visible")) tip.show();
  }

  document.addEventListener("pointerover", preview);
  document.addEventListener("focusin", preview);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") window.tippy?.hideAll();
  });
})();
