// Builds the console: node web/build.mjs OUTDIR
//
// OUTDIR gets each served file twice, plain and compressed (brotli, quality 11, NAME.br), and
// manifest.json: for each its path, content type, and whether it never changes. The script and the
// style sheet have a hash of their content in their names; index.html names them. Nothing is
// downloaded, and the same sources give the same bytes. The notices of what is bundled go along in
// licences.txt.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const root = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) {
  console.error("usage: node build.mjs OUTDIR");
  process.exit(2);
}

async function bundle(entry) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    outdir: "unwritten",
    format: "esm",
    target: ["es2021", "chrome100", "firefox100", "safari15"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    charset: "utf8",
    logLevel: "warning",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return Buffer.from(result.outputFiles[0].contents);
}

function hashed(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return name.replace(/(\.\w+)$/, `-${hash}$1`);
}

function notices() {
  const parts = ["preact", "uplot"].map((name) => {
    const folder = join(root, "node_modules", name);
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return `${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}\n`;
  });
  return Buffer.from(`The console contains these programs.\n\n${parts.join("\n\n")}`);
}

const script = await bundle("src/main.tsx");
const style = await bundle("src/css/app.css");
const scriptName = hashed("app.js", script);
const styleName = hashed("app.css", style);
const page = readFileSync(join(root, "src/index.html"), "utf8")
  .replace("app.js", scriptName)
  .replace("app.css", styleName);

const files = [
  ["index.html", Buffer.from(page), "text/html; charset=utf-8", false],
  [scriptName, script, "text/javascript; charset=utf-8", true],
  [styleName, style, "text/css; charset=utf-8", true],
  ["icon.svg", readFileSync(join(root, "src/icon.svg")), "image/svg+xml", false],
  ["licences.txt", notices(), "text/plain; charset=utf-8", false],
];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const manifest = [];
for (const [name, bytes, type, immutable] of files) {
  const packed = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  writeFileSync(join(out, name), bytes);
  writeFileSync(join(out, `${name}.br`), packed);
  manifest.push({
    path: `/${name}`,
    file: name,
    type,
    immutable,
    bytes: bytes.length,
    brotli: packed.length,
  });
}
writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
