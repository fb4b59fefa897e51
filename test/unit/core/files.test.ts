import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { DiskError, Folder, type TextStore } from "../../../src/core/files.ts";
import { MemoryTexts } from "../../support/memory.ts";

let dir: string;
before(async () => (dir = await mkdtemp(join(tmpdir(), "rgw-keyring-files-"))));
after(() => rm(dir, { recursive: true, force: true }));

const stores: readonly (readonly [string, () => TextStore])[] = [
  ["a folder on disk", () => new Folder(join(dir, "texts", String(Math.random())))],
  ["the folder in memory that stands for one", () => new MemoryTexts()],
];

for (const [name, make] of stores) {
  suite(name, () => {
    test("has nothing before something is written", async () => {
      const store = make();
      assert.equal(await store.read("a.json"), undefined);
      assert.deepEqual(await store.names(), []);
      await store.remove("a.json");
    });

    test("gives back what was written last, and names it", async () => {
      const store = make();
      await store.write("a.json", "first");
      await store.write("a.json", "second ü");
      await store.write("b.json", "");
      assert.equal(await store.read("a.json"), "second ü");
      assert.equal(await store.read("b.json"), "");
      assert.deepEqual([...(await store.names())].toSorted(), ["a.json", "b.json"]);
    });

    test("forgets what is removed", async () => {
      const store = make();
      await store.write("a.json", "text");
      await store.remove("a.json");
      assert.equal(await store.read("a.json"), undefined);
      assert.deepEqual(await store.names(), []);
    });
  });
}

test("files are this person's alone, and no draft stays behind", async () => {
  const path = join(dir, "private");
  await new Folder(path).write("a.json", "text");
  assert.deepEqual(await readdir(path), ["a.json"]);
  assert.equal((await stat(join(path, "a.json"))).mode & 0o777, 0o600);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
});

test("a draft that a crash left is no text", async () => {
  const path = join(dir, "crashed");
  await mkdir(path);
  await writeFile(join(path, "a.json.4711.new"), "half a te");
  assert.deepEqual(await new Folder(path).names(), []);
});

test("what the disk refuses is told with its code", async () => {
  const file = join(dir, "file");
  await writeFile(file, "in the way of a folder");
  const folder = new Folder(file);
  await assert.rejects(
    folder.write("a.json", "text"),
    (error) => error instanceof DiskError && /E\w+/.test(error.code),
  );
  await assert.rejects(folder.read("a.json"), DiskError);
});
