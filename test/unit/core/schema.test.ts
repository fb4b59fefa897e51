import assert from "node:assert/strict";
import { test } from "node:test";
import {
  looksMasked,
  parseError,
  parseProjects,
  parseRenewedKey,
  parseUser,
  parseUsers,
} from "../../../src/core/platform/schema.ts";

const json = {
  id: "b3f1c2d4-0000-4000-8000-000000000001",
  name: "my-app-storage",
  project_id: "5d0e0f60-0000-4000-8000-000000000002",
  access_key_id: "AKIAIOSFODNN7EXAMPLE",
  secret_key: "********",
  locked: false,
  quota: { max_size_kb: 524288000, enabled: true },
};
const clear = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kL9n";

test("a user is read in our own words, and unknown fields are dropped", () => {
  assert.deepEqual(parseUser({ ...json, something_new: { deep: 1 } }), {
    id: json.id,
    name: "my-app-storage",
    projectId: json.project_id,
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    locked: false,
    quota: { maxSizeKb: 524288000, enabled: true },
  });
});

test("a user may come without quota, without name, with nulls, and under its own name", () => {
  const user = parseUser({ user: { id: "u1", name: null, quota: null, locked: null } });
  assert.deepEqual(user, { id: "u1", name: "u1", projectId: "", accessKeyId: "", locked: false });
});

test("a list is a bare array or an object that wraps one", () => {
  for (const list of [[json], { users: [json] }, { data: [json], total: 1 }]) assert.equal(parseUsers(list).length, 1);
  assert.deepEqual(parseProjects({ projects: [{ id: "p1", name: "Shop" }] }), [{ id: "p1", name: "Shop" }]);
});

test("what is no list is refused", () => {
  for (const wrong of [{}, "users", null, 7, [{ name: "no id" }]]) assert.throws(() => parseUsers(wrong));
});

test("a renewed key keeps its secret, whatever else is missing", () => {
  assert.equal(parseRenewedKey({ ...json, secret_key: clear }).secret?.reveal(), clear);
  assert.equal(parseRenewedKey({ secret_key: clear }).secret?.reveal(), clear);
  assert.equal(parseRenewedKey({ user: { ...json, secret_key: clear, name: null } }).secret?.reveal(), clear);
});

test("a masked, missing or empty secret is no secret", () => {
  for (const secret_key of ["********", "wJal****************KEY", "[FILTERED]", "••••••", "…", "", null, undefined]) {
    assert.equal(parseRenewedKey({ ...json, secret_key }).secret, undefined, String(secret_key));
  }
});

test("a locked user's answer says so, with whatever secret", () => {
  for (const secret_key of [clear, "****", "", undefined]) {
    assert.equal(parseRenewedKey({ ...json, locked: true, secret_key }).locked, true);
  }
});

test("real secrets do not look masked", () => {
  for (const secret of [clear, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "a+b/c=d", "0123456789abcdef0123"]) {
    assert.ok(!looksMasked(secret, "AKIAIOSFODNN7EXAMPLE"), secret);
  }
});

test("an error envelope gives request id, words and fields", () => {
  const envelope = parseError({
    request_id: "r-1",
    errors: [
      {
        code: "validation_failed",
        message: "Validation failed",
        field: "name",
        meta: { validation_errors: { name: ["has already been taken"] } },
      },
    ],
  });
  assert.deepEqual(envelope, {
    requestId: "r-1",
    said: "Validation failed",
    fields: { name: ["has already been taken"] },
  });
});

test("a foreign error is no envelope, or an empty one", () => {
  assert.equal(parseError(undefined), undefined);
  assert.equal(parseError("Bad Gateway"), undefined);
  assert.deepEqual(parseError({ error: "x" }), { fields: {} });
});

test("a secret is not thrown away for a field beside it that is not what it should be", () => {
  for (const locked of ["no idea", 5, {}, null, undefined, false, "false", 0]) {
    const renewed = parseRenewedKey({ ...json, secret_key: clear, locked });
    assert.equal(renewed.locked, false, JSON.stringify(locked));
    assert.equal(renewed.secret?.reveal(), clear);
  }
  for (const locked of [true, "true", 1]) {
    assert.equal(parseRenewedKey({ ...json, secret_key: clear, locked }).locked, true, JSON.stringify(locked));
  }
  assert.equal(parseRenewedKey({ ...json, secret_key: clear, access_key_id: 5 }).secret?.reveal(), clear);
  assert.equal(parseRenewedKey({ ...json, secret_key: { hidden: true } }).secret, undefined);
});
