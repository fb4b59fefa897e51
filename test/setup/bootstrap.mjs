// Starts on a bare machine: any Node from 20, nothing installed. Only Node's own modules are imported here.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "node_modules", ".bin");

/**
 * Installs the npm packages where they are missing or not those of the lock file, then runs a program of `tasks/` under
 * Node 24 with this program's arguments, and ends with its exit code.
 * @param {string} task
 */
export function start(task) {
  if (!isInstalled()) install();
  const program = join(root, "test", "setup", "tasks", `${task}.ts`);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const child = spawn(node24(), [program, ...process.argv.slice(2)], { cwd: root, env, stdio: "inherit" });
  // Ctrl+C reaches the program too: it decides when to end. A signal sent to this process alone is handed on.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** npm keeps in node_modules what it has installed, in the words of the lock file. */
function isInstalled() {
  const kept = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(kept)) return false;
  const has = packagesOf(kept);
  const wants = packagesOf(join(root, "package-lock.json"));
  // Packages of other platforms are optional, and then absent.
  return Object.entries(wants).every(
    ([path, { version, optional }]) => path === "" || (path in has ? has[path].version === version : optional),
  );
}

/** @param {string} lockFile */
function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, "utf8")).packages;
}

function install() {
  console.log("Installing the npm packages (npm ci)…");
  if (npm("ci") === 0) return;
  // A registry need not have a package's binaries for every platform; `npm ci` then takes the lock file for incomplete.
  console.log("npm ci did not take the lock file; npm install keeps to its versions too.");
  if (npm("install", "--no-save") !== 0) fail("The npm packages could not be installed: see above.");
}

/** @param {readonly string[]} args */
function npm(...args) {
  return spawnSync("npm", args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" }).status;
}

function node24() {
  const packaged = join(bin, "node");
  if (existsSync(packaged)) return packaged;
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  return fail(
    `Node 24 or newer is needed, this is ${process.version}. Get it from https://nodejs.org or with a version manager ` +
      "(nvm install 24, fnm install 24). On Linux (x64, arm64) npm installs it with the other packages, unless optional ones are omitted.",
  );
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
