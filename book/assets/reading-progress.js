// Pages that a reader has marked as read. The marks stay in this browser.
"use strict";

(function () {
  const KEY = "rnn-course-read";
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const links = Array.from(
    document.querySelectorAll(".bd-sidebar-primary .bd-links a, .toctree-wrapper a")
  );

  // The name of a page: its path from the root of the book, without ".html".
  function pageOf(address) {
    const path = new URL(address, location.href).pathname;
    if (!path.startsWith(root.pathname)) return "";
    return decodeURI(path.slice(root.pathname.length)).replace(/(\.html)?$/, "");
  }

  const here = pageOf(location.href);
  const home = document.querySelector(".navbar-brand");
  const first = home ? pageOf(home.href) : "";
  const pages = new Set(links.map((link) => pageOf(link.href)));
  pages.delete(first);
  pages.delete("");

  // A private window or a file may have no storage: then the marks last as long as the page.
  let marks = new Set();
  let kept = true;

  function load() {
    try {
      marks = new Set(JSON.parse(localStorage.getItem(KEY)) || []);
    } catch {
      kept = false;
    }
  }

  function save() {
    try {
      localStorage.setItem(KEY, JSON.stringify(Array.from(marks)));
    } catch {
      kept = false;
    }
  }

  function showLinks() {
    links.forEach((link) => {
      const isRead = marks.has(pageOf(link.href)) && !link.hash;
      if (link.classList.toggle("is-read", isRead) === Boolean(link.querySelector(".read-note"))) return;
      if (!isRead) return link.querySelector(".read-note").remove();
      const note = document.createElement("span");
      note.className = "read-note visually-hidden";
      note.textContent = " (read)";
      link.append(note);
    });
  }

  function showCount() {
    const box = document.querySelector(".reading-progress");
    if (!box) return;
    const read = Array.from(pages).filter((page) => marks.has(page)).length;
    box.querySelector("p").textContent = read
      ? `You have marked ${read} of ${pages.size} pages as read.`
      : "No page is marked as read yet.";
    box.querySelector("button").disabled = read === 0;
  }

  function show() {
    const box = document.getElementById("reading-mark");
    if (box) box.checked = marks.has(here);
    showLinks();
    showCount();
  }

  function listen() {
    const box = document.getElementById("reading-mark");
    if (box)
      box.addEventListener("change", () => {
        if (box.checked) marks.add(here);
        else marks.delete(here);
        save();
        const told = box.closest(".reading-mark").querySelector("[role=status]");
        told.textContent = kept ? "" : "This browser does not keep the mark.";
        show();
      });
    const reset = document.querySelector(".reading-progress button");
    if (reset)
      reset.addEventListener("click", () => {
        if (!confirm("Remove the marks of all pages?")) return;
        marks.clear();
        save();
        show();
      });
    window.addEventListener("storage", (event) => {
      if (event.key !== KEY && event.key !== null) return;
      load();
      show();
    });
    // Back to a page that the browser kept alive.
    window.addEventListener("pageshow", () => {
      if (kept) load();
      show();
    });
  }

  load();
  listen();
  show();
})();
