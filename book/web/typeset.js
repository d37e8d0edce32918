// Typesets formulas for the build: a line of JSON {tex, display} comes in, a line of JSON
// {html} or {problem} goes out. With the argument --css it prints the style sheet instead.
"use strict";

const readline = require("node:readline");

const settings = {
  loader: { versionWarnings: false, load: ["adaptors/liteDOM", "input/tex-full", "output/chtml", "a11y/assistive-mml"] },
  // A command that TeX does not know is an error, not red letters.
  tex: { packages: { "[-]": ["noundefined", "noerrors"] }, formatError },
  chtml: { adaptiveCSS: false, fontURL: "mathjax" },
  startup: { typeset: false },
};

function formatError(jax, error) {
  throw error;
}

async function typeset({ tex, display }) {
  try {
    const html = await MathJax.tex2chtmlPromise(tex, { display });
    return { html: MathJax.startup.adaptor.outerHTML(html) };
  } catch (error) {
    return { problem: error.message };
  }
}

async function main() {
  global.MathJax = await require("mathjax").init(settings);
  if (process.argv.includes("--css")) {
    process.stdout.write(MathJax.startup.adaptor.textContent(MathJax.chtmlStylesheet()));
    return;
  }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await typeset(JSON.parse(line))) + "\n");
  }
}

main();
