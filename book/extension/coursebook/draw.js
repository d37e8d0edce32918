// Under node: print, as JSON, the static svg and the controls of every figure in a folder.
"use strict";

const fs = require("fs");
const path = require("path");

const folder = path.resolve(process.argv[2]);
const kit = ["cells.js", "svg.js", "kit.js"];
const figures = fs.readdirSync(folder).filter((file) => file.endsWith(".js") && !kit.includes(file));
// "unroll.js" would sort before "unroll_data.js", which it needs.
const order = (file) => file.replace(/(_data)?\.js$/, (end, data) => (data ? "\0" : "\x01"));
figures.sort((a, b) => (order(a) < order(b) ? -1 : 1));
for (const file of [...kit, ...figures]) require(path.join(folder, file));

const { Course } = globalThis;
const drawn = Object.values(Course.figures).map((figure) => [
  figure.name,
  { svg: Course.svg(figure), controls: Course.controls(figure), size: figure.size },
]);
process.stdout.write(JSON.stringify(Object.fromEntries(drawn)));
