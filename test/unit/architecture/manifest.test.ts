import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Manifest {
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly viewsWelcome: readonly { readonly contents: string; readonly when: string }[];
    readonly configuration: {
      readonly properties: Readonly<Record<string, { readonly scope: string; readonly default: unknown }>>;
    };
  };
}

const manifest = JSON.parse(read("package.json")) as Manifest;
const texts = JSON.parse(read("src/l10n/package.nls.json")) as Readonly<Record<string, string>>;
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => read(join("src", file)))
  .join("\n");
const declared = manifest.contributes.commands.map(({ command }) => command).toSorted();

test("every command of package.json is registered, and no other", () => {
  const registered = [...read("src/extension.ts").matchAll(/"(rgw\.\w+)":/g)].map(([, id = ""]) => id).toSorted();
  assert.deepEqual(registered, declared);
});

test("menus, welcome views and code name only commands that exist", () => {
  const inMenus = Object.values(manifest.contributes.menus).flatMap((items) => items.map(({ command }) => command));
  const inTexts = [
    ...Object.values(texts)
      .join("\n")
      .matchAll(/command:(rgw\.\w+)/g),
  ].map(([, id = ""]) => id);
  const inCode = [...sources.matchAll(/executeCommand\(\s*"(rgw\.\w+)"/g)].map(([, id = ""]) => id);
  for (const id of [...inMenus, ...inTexts, ...inCode]) assert.ok(declared.includes(id), id);
});

test("every setting of package.json is read, and no other", () => {
  const settings = Object.keys(manifest.contributes.configuration.properties).toSorted();
  const code = read("src/host/settings.ts");
  const used = [...code.matchAll(/(?:address|text|seconds|days)\("(\w+)"/g)].map(([, name]) => `rgw.${name}`);
  assert.deepEqual([...new Set(used)].toSorted(), settings);
});

test("no setting can be changed by a workspace", () => {
  for (const [name, { scope }] of Object.entries(manifest.contributes.configuration.properties)) {
    assert.equal(scope, "application", name);
  }
});

test("every state of the user list but the list itself has a welcome view", () => {
  const states = [...read("src/host/userList.ts").matchAll(/view: ((?:"\w+"(?: \| )?)+)/g)]
    .flatMap(([, names = ""]) => [...names.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name))
    .filter((name) => name !== "ready");
  const welcomed = manifest.contributes.viewsWelcome.map(({ when }) => when);
  for (const state of new Set(states))
    assert.ok(
      welcomed.some((when) => when.endsWith(`rgw.view == ${state}`)),
      state,
    );
  assert.ok(new Set(states).size >= 8);
});

test("every text of package.json exists, and every one that exists is used", () => {
  const used = [...read("package.json").matchAll(/"%([\w.]+)%"/g)].map(([, key = ""]) => key);
  assert.deepEqual([...new Set(used)].toSorted(), Object.keys(texts).toSorted());
});

test("the extension is never active from the start of VS Code", () => {
  for (const event of manifest.activationEvents) assert.match(event, /^on(View|Command|FileSystem|WebviewPanel):/);
});
