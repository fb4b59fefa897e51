import assert from "node:assert/strict";
import { test } from "node:test";
import { oldAge } from "../../../src/core/keys/age.ts";

const rotatedAt = new Date("2026-01-01T12:00:00Z");
const after = (days: number): Date => new Date(rotatedAt.getTime() + days * 24 * 60 * 60 * 1000);

test("a key is old once it is older than the limit, in whole days", () => {
  assert.equal(oldAge(rotatedAt, after(90.9), 90), undefined);
  assert.equal(oldAge(rotatedAt, after(91), 90), 91);
  assert.equal(oldAge(rotatedAt, after(400.5), 90), 400);
});

test("no key is old where its age is not known, not wanted, or in the future", () => {
  assert.equal(oldAge(undefined, after(400), 90), undefined);
  assert.equal(oldAge(rotatedAt, after(400), undefined), undefined);
  assert.equal(oldAge(rotatedAt, after(-400), 90), undefined);
});
