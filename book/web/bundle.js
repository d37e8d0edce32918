// Join style sheets into one: read {"sheets": [...], "content": [...], "to": path} from standard
// input and write the one sheet to `to`. Rules, variables and fonts that nothing in the files of
// `content` can use are left out.
"use strict";

const fs = require("fs");
const cssnano = require("cssnano");
const postcss = require("postcss");
const importSheets = require("postcss-import");
const url = require("postcss-url");
const { PurgeCSS } = require("purgecss");

async function read(sheet, to) {
  const plugins = [importSheets(), url({ url: "rebase" })];
  const css = fs.readFileSync(sheet, "utf8");
  return (await postcss(plugins).process(css, { from: sheet, to })).css;
}

async function main() {
  const { sheets, content, to } = JSON.parse(fs.readFileSync(0, "utf8"));
  const css = await Promise.all(sheets.map(sheet => read(sheet, to)));
  const unused = { variables: true, keyframes: true, fontFace: true };
  const safelist = { variables: [/^--course-/] }; // scripts put these names together
  const raw = css.join("\n");
  const options = { content, css: [{ raw }], safelist, ...unused };
  const [{ css: used }] = await new PurgeCSS().purge(options);
  const { css: small } = await postcss([cssnano()]).process(used, { from: to, to });
  fs.writeFileSync(to, small);
}

main().catch(problem => {
  console.error(problem.message);
  process.exit(1);
});
