import { createVSIX, listFiles, PackageManager } from "@vscode/vsce";
import { mkdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { out, root } from "../paths.ts";
import { run } from "./command.ts";

const budgetBytes = 1_500_000;

/** There is none yet that relative links in the README could be pointed at. */
const noRepository = { allowMissingRepository: true, rewriteRelativeLinks: false };

/** All that may be in the package: what runs, what VS Code shows, and the licence. */
const allowed: readonly RegExp[] = [
  /^package(\.nls(\.[\w-]+)?)?\.json$/,
  /^(README|CHANGELOG)\.md$/,
  /^(LICENSE|THIRD-PARTY-NOTICES)(\.txt|\.md)?$/,
  /^dist\/(extension\.js|THIRD-PARTY-NOTICES\.txt)$/,
  /^dist\/chunks\/[\w-]+\.js$/,
  /^dist\/webview\/[\w-]+\.(js|css|ttf)$/,
  /^l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
  /^media\/[\w-]+\.(svg|png)$/,
];

/** Where the package of the present version is written. */
export async function vsixPath(): Promise<string> {
  const { name, version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, string>;
  return join(out, `${name}-${version}.vsix`);
}

/** Builds for production and packs. Throws over a budget, or when a file that does not belong would be packed. */
export async function packageExtension(say: (line: string) => void): Promise<string> {
  say((await run(process.execPath, ["esbuild.mjs", "--production"], { cwd: root })).trimEnd());
  const files = (await listFiles({ cwd: root, packageManager: PackageManager.None })).map((file) =>
    relative(root, join(root, file)),
  );
  for (const file of files) say(`  ${file}`);
  const foreign = files.filter((file) => !allowed.some((pattern) => pattern.test(file)));
  if (foreign.length > 0) throw new Error(`Not part of the extension, but would be packed: ${foreign.join(", ")}`);

  const vsix = await vsixPath();
  await mkdir(dirname(vsix), { recursive: true });
  // In one step, so that nobody who installs it meanwhile finds none, or half of one.
  await createVSIX({ cwd: root, packagePath: `${vsix}.new`, dependencies: false, ...noRepository });
  await rename(`${vsix}.new`, vsix);
  const { size } = await stat(vsix);
  const inMB = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
  say(`${relative(root, vsix)}: ${files.length} files, ${inMB(size)} of at most ${inMB(budgetBytes)}`);
  if (size > budgetBytes) throw new Error("The package is over its budget.");
  return vsix;
}
