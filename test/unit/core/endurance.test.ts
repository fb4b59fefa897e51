import assert from "node:assert/strict";
import { test } from "node:test";
import { Endurance } from "../../../src/core/keys/endurance.ts";
import { NotStoredError } from "../../../src/core/keys/vault.ts";
import { MemorySecrets, MemoryTexts } from "../../support/memory.ts";

const forgets = (error: unknown): boolean => error instanceof NotStoredError && error.reason === "forgets";

test("a storage that keeps is never suspected", async () => {
  const [secrets, files] = [new MemorySecrets(), new MemoryTexts()];
  for (const session of ["one", "one", "two", "three"]) await new Endurance(secrets, files, session).check();
});

test("a storage that keeps secrets in memory only is found out by the second session, and stays under suspicion", async () => {
  const files = new MemoryTexts();
  await new Endurance(new MemorySecrets(), files, "one").check();
  const second = new MemorySecrets();
  await assert.rejects(new Endurance(second, files, "two").check(), forgets);
  await assert.rejects(new Endurance(second, files, "two").check(), forgets);
  await assert.rejects(new Endurance(new MemorySecrets(), files, "three").check(), forgets);
});

test("a storage that was emptied once is trusted again after it has kept something for a session", async () => {
  const files = new MemoryTexts();
  await new Endurance(new MemorySecrets(), files, "one").check();
  const emptied = new MemorySecrets();
  await assert.rejects(new Endurance(emptied, files, "two").check(), forgets);
  await new Endurance(emptied, files, "three").check();
  await new Endurance(emptied, files, "three").check();
});

test("a storage that fails is told as one", async () => {
  const secrets = new MemorySecrets();
  Object.assign(secrets, { store: async () => Promise.reject(new Error("locked")) });
  await assert.rejects(new Endurance(secrets, new MemoryTexts(), "one").check(), NotStoredError);
});
