import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { DiskError } from "../../../src/core/files.ts";
import { SharedSecrets } from "../../../src/core/keys/sharedSecrets.ts";
import { NotStoredError, type SecretStore } from "../../../src/core/keys/vault.ts";
import { MemoryLocks, MemorySecrets, MemoryTexts } from "../../support/memory.ts";

/** SecretStorage of a window in a browser: all is read once, and all is written with every change. */
class BrowserSecrets implements SecretStore {
  readonly #storage: Map<string, string>;
  readonly #seen: Map<string, string>;

  constructor(storage: Map<string, string>) {
    this.#storage = storage;
    this.#seen = new Map(storage);
  }

  async get(key: string): Promise<string | undefined> {
    return this.#seen.get(key);
  }

  async store(key: string, value: string): Promise<void> {
    this.#seen.set(key, value);
    this.#save();
  }

  async delete(key: string): Promise<void> {
    this.#seen.delete(key);
    this.#save();
  }

  #save(): void {
    this.#storage.clear();
    for (const [key, value] of this.#seen) this.#storage.set(key, value);
  }
}

/** What all windows share. */
function computer() {
  return { files: new MemoryTexts(), locks: new MemoryLocks() };
}

test("a window that does not see what another one stored does not write, until it is loaded anew", async () => {
  const { files, locks } = computer();
  const storage = new Map<string, string>();
  const first = new SharedSecrets(new BrowserSecrets(storage), files, locks);
  const second = new SharedSecrets(new BrowserSecrets(storage), files, locks, { writing: 1_000, seeing: 60 });
  await delay(2);
  await first.store("key", "the new one");
  const unseen = (error: unknown): boolean => error instanceof NotStoredError && error.reason === "unseen";
  await assert.rejects(second.store("other", "x"), unseen);
  await assert.rejects(second.delete("other"), unseen);
  assert.equal(storage.get("key"), "the new one");
  await delay(2);
  const reloaded = new SharedSecrets(new BrowserSecrets(storage), files, locks);
  await reloaded.store("other", "x");
  assert.deepEqual([storage.get("key"), storage.get("other")], ["the new one", "x"]);
});

test("windows that see one another's writes take turns", async () => {
  const { files, locks } = computer();
  const secrets = new MemorySecrets();
  const windows = Array.from({ length: 4 }, () => new SharedSecrets(secrets, files, locks));
  await Promise.all(windows.map((window, index) => window.store(`key ${index}`, "value")));
  for (const index of windows.keys()) assert.equal(await windows[0]?.get(`key ${index}`), "value");
  await windows[1]?.delete("key 0");
  assert.equal(await windows[0]?.get("key 0"), undefined);
});

test("a storage that lost everything before this window was loaded is written to", async () => {
  const { files, locks } = computer();
  await new SharedSecrets(new MemorySecrets(), files, locks).store("key", "value");
  await delay(2);
  const emptied = new MemorySecrets();
  await new SharedSecrets(emptied, files, locks).store("key", "again");
  assert.equal(await emptied.get("key"), "again");
});

test("a full disk does not keep a secret from being stored", async () => {
  const { files, locks } = computer();
  const full = async (): Promise<never> => Promise.reject(new DiskError("folder", { code: "ENOSPC" }));
  const secrets = new MemorySecrets();
  const write = files.write.bind(files);
  const shared = new SharedSecrets(secrets, files, locks, { writing: 1_000, seeing: 60 });
  await shared.store("key", "before");
  Object.assign(files, { write: full });
  await shared.store("key", "meanwhile");
  await shared.store("key 2", "value");
  Object.assign(files, { write });
  await shared.store("key", "value");
  await new SharedSecrets(secrets, files, { take: full }).store("key 3", "value");
  for (const key of ["key", "key 2", "key 3"]) assert.equal(await secrets.get(key), "value");
});
