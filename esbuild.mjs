// Builds the extension into dist/. `--watch` keeps building; `--production` minifies, and fails over the size budget.
import { cp, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { build, context } from "esbuild";

const watch = process.argv.includes("--watch");
const production = process.argv.includes("--production");

/** What VS Code loads at activation; everything else is a chunk that is loaded on first use. */
const entryBudgetKB = 120;

/** @type {import("esbuild").BuildOptions} */
const common = {
  bundle: true,
  minify: production,
  sourcemap: !production,
  logLevel: "info",
  metafile: true,
  legalComments: "none",
};

/** @type {import("esbuild").BuildOptions} */
const host = {
  ...common,
  entryPoints: { extension: "src/extension.ts" },
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  platform: "node",
  target: "node20",
  format: "esm",
  splitting: true,
  external: ["vscode"],
  // CommonJS dependencies (undici) call require() for Node's own modules.
  banner: {
    js: 'import { createRequire as _createRequire } from "node:module"; const require = _createRequire(import.meta.url);',
  },
};

/** @type {import("esbuild").BuildOptions} */
const webview = {
  ...common,
  entryPoints: { bucketBrowser: "src/webview/main.ts", style: "src/webview/style.css" },
  outdir: "dist/webview",
  platform: "browser",
  target: "es2023",
  format: "esm",
  loader: { ".ttf": "copy" },
  assetNames: "[name]",
};

await rm("dist", { recursive: true, force: true });
await mkdir("dist/webview", { recursive: true });
await cp("src/l10n/package.nls.json", "package.nls.json");

if (watch) {
  for (const options of [host, webview]) await (await context(options)).watch();
} else {
  const [hostBuild, webviewBuild] = await Promise.all([build(host), build(webview)]);
  if (production) {
    await checkEntry(hostBuild.metafile);
    await writeNotices([hostBuild.metafile, webviewBuild.metafile]);
  }
}

/**
 * The entry and what it imports statically must stay small.
 * @param {import("esbuild").Metafile} metafile
 */
async function checkEntry(metafile) {
  const eager = new Set(["dist/extension.js"]);
  for (const file of eager) {
    for (const { path, kind } of metafile.outputs[file]?.imports ?? []) {
      if (kind === "import-statement" && path in metafile.outputs) eager.add(path);
    }
  }
  let bytes = 0;
  for (const file of eager) bytes += (await stat(file)).size;
  const kilobytes = Math.round(bytes / 1000);
  console.log(`Loaded at activation: ${kilobytes} KB of at most ${entryBudgetKB} KB.`);
  if (kilobytes > entryBudgetKB) {
    console.error("The entry is over its budget: load what is heavy with import() on first use.");
    process.exitCode = 1;
  }
}

/**
 * The licences of what is bundled ask to travel with it.
 * @param {import("esbuild").Metafile[]} metafiles
 */
async function writeNotices(metafiles) {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const folders = inputs
    .map((path) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0])
    .filter((folder) => folder !== undefined);
  const notices = [];
  for (const folder of [...new Set(folders)].toSorted()) {
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? await readFile(`${folder}/${file}`, "utf8") : "";
    notices.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  await writeFile("dist/THIRD-PARTY-NOTICES.txt", notices.join(`\n${"-".repeat(80)}\n\n`));
}
