// Fails when what is served has grown too large: node size.mjs OUTDIR
//
// The limit counts every served file as it goes over the wire, with brotli.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const kLimit = 60_000;
const manifest = JSON.parse(readFileSync(join(process.argv[2], "manifest.json"), "utf8"));
for (const { file, bytes, brotli } of manifest)
  console.log(`${file}: ${bytes} bytes, ${brotli} brotli`);
const total = manifest.reduce((sum, file) => sum + file.brotli, 0);
console.log(`total: ${total} bytes brotli of at most ${kLimit}`);
process.exit(total > kLimit ? 1 : 0);
