import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Secret } from "../../../src/core/secret.ts";

const value = "not-to-be-printed";

test("a secret shows itself to nobody who turns it into text", () => {
  const secret = new Secret(value);
  const printed = [
    String(secret),
    [secret].join(),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
    Object.entries(secret).join(),
  ];
  for (const text of printed) assert.ok(!text.includes(value), text);
});

test("a secret reveals itself on request, and equals one of the same value", () => {
  assert.equal(new Secret(value).reveal(), value);
  assert.ok(new Secret(value).equals(new Secret(value)));
  assert.ok(!new Secret(value).equals(new Secret("another")));
});

test("there is no empty secret", () => {
  assert.throws(() => new Secret(""), TypeError);
});
