// Packs a built console into one file: node web/pack.mjs OUTDIR BUNDLE
//
// BUNDLE begins with a line of JSON, the manifest of OUTDIR with the place of each form of each file
// (offset behind that line, size), then come the bytes. src/console/console_files.h reads it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, bundle] = process.argv.slice(2);
if (!folder || !bundle) {
  console.error("usage: node pack.mjs OUTDIR BUNDLE");
  process.exit(2);
}
const parts = [];
let offset = 0;
const add = (name) => {
  const bytes = readFileSync(join(folder, name));
  parts.push(bytes);
  offset += bytes.length;
  return [offset - bytes.length, bytes.length];
};
const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
const list = manifest.map(({ path, file, type, immutable }) => (
  { path, type, immutable, plain: add(file), brotli: add(`${file}.br`) }));
writeFileSync(bundle, Buffer.concat([Buffer.from(`${JSON.stringify(list)}\n`), ...parts]));
