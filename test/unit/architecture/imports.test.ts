import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { test } from "node:test";

const source = join(import.meta.dirname, "../../../src");

interface Import {
  readonly file: string;
  readonly target: string;
}

/** Every import in src: relative ones as paths below src, packages by name. */
function imports(): readonly Import[] {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.flatMap((path) => {
    const file = path.split(sep).join("/");
    const text = readFileSync(join(source, path), "utf8");
    const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, target = ""]) => target);
    return targets.map((target) => ({
      file,
      target: target.startsWith(".") ? posix.join(dirname(file), target) : target,
    }));
  });
}

function layer(path: string): string {
  return path.split("/")[0] ?? "";
}

/** A feature is a folder of host. */
function feature(path: string): string | undefined {
  const [first, folder, file] = path.split("/");
  return first === "host" && file !== undefined ? folder : undefined;
}

const layers: ReadonlySet<string> = new Set(["core", "protocol", "host", "webview", "extension.ts"]);
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: ["core"],
  protocol: [],
  webview: ["webview", "protocol"],
  host: ["host", "core", "protocol"],
  "extension.ts": ["host", "core", "protocol"],
};

test("layers import only what they may", () => {
  const wrong = imports().filter(
    ({ file, target }) => layers.has(layer(target)) && !mayImport[layer(file)]?.includes(layer(target)),
  );
  assert.deepEqual(wrong, []);
});

test("only host and the entry point import vscode", () => {
  const wrong = imports().filter(
    ({ file, target }) => target === "vscode" && !["host", "extension.ts"].includes(layer(file)),
  );
  assert.deepEqual(wrong, []);
});

test("a feature of host does not import its sibling", () => {
  const wrong = imports().filter(({ file, target }) => {
    const [from, to] = [feature(file), feature(target)];
    return from !== undefined && to !== undefined && from !== to;
  });
  assert.deepEqual(wrong, []);
});

test("only the file that owns the network uses it; the lock's sockets do not leave this computer", () => {
  const wrong = imports().filter(
    ({ file, target }) =>
      /^(undici|node:(http|https|net|tls|http2))$/.test(target) &&
      file !== "core/network.ts" &&
      !(file === "core/lock.ts" && target === "node:net"),
  );
  assert.deepEqual(wrong, []);
});

test("heavy libraries are loaded on first use, never with the entry point", () => {
  const all = imports();
  const reached = new Set(["extension.ts"]);
  const text = (file: string): string => readFileSync(join(source, file), "utf8");
  for (const file of reached) {
    for (const { target } of all.filter((one) => one.file === file && layers.has(layer(one.target)))) {
      const name = posix.basename(target);
      const isStatic = new RegExp(`^(import|export)(?! type)[^;]* from "[^"]*${name}"`, "m").test(text(file));
      if (isStatic) reached.add(target);
    }
  }
  assert.ok(reached.size > 10, `only ${[...reached].map((file) => relative("", file)).join()} is reached`);
  assert.ok(!reached.has("core/s3/client.ts"), "the AWS SDK is loaded at activation");
});
