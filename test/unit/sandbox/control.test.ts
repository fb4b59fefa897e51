import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import type { RgwUser } from "../../sandbox/users.ts";

describe("the sandbox's control calls", { timeout: 30_000 }, () => {
  let sandbox: Sandbox;
  let user: RgwUser;

  before(async () => {
    sandbox = await startSandbox({ objects: 0 });
  });
  after(() => sandbox.close());
  beforeEach(async () => {
    sandbox.reset();
    const [first] = sandbox.users;
    assert.ok(first);
    user = first;
    await sandbox.setLocked(user.id, false);
  });

  async function call(method: string, path: string, body?: object, token = sandbox.tokens.admin) {
    const response = await fetch(`${sandbox.platformUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  test("want the admin's static token", async () => {
    assert.equal((await call("GET", "/_sandbox/users", undefined, sandbox.tokens.member)).status, 401);
    assert.equal((await call("GET", "/_sandbox/users")).status, 200);
  });

  test("tell the truth about a user's secret, as it is now", async () => {
    const renewed = await call("POST", `/rgw/users/${user.id}/renew_key`);
    const { body } = await call("GET", `/_sandbox/users/${user.id}`);
    assert.equal(body.secretKey, renewed.body.secret_key);
    assert.equal((await call("GET", "/_sandbox/users/none")).status, 404);
  });

  test("lock and suspend a user", async () => {
    const { body } = await call("PATCH", `/_sandbox/users/${user.id}`, { locked: true, suspended: true });
    assert.deepEqual([body.locked, body.suspended], [true, true]);
    await call("PATCH", `/_sandbox/users/${user.id}`, { suspended: false });
    assert.equal(sandbox.user(user.id).suspended, false);
  });

  test("lock a user between the list and its rotation", async () => {
    const fault = { on: "platform", kind: "lock-before-acting", path: "/rgw/users/*/renew_key", times: 1 };
    assert.equal((await call("POST", "/_sandbox/faults", fault)).status, 204);
    assert.equal((await call("GET", `/rgw/users/${user.id}`)).body.locked, false);
    const { body } = await call("POST", `/rgw/users/${user.id}/renew_key`);
    assert.deepEqual([body.locked, body.secret_key], [true, user.secretKey]);
  });

  test("cut a connection after the server rotated: the secret is another one", async () => {
    const cut = { on: "platform", kind: "cut", when: "after", path: "*/renew_key", times: 1 };
    await call("POST", "/_sandbox/faults", cut);
    await assert.rejects(call("POST", `/rgw/users/${user.id}/renew_key`), TypeError);
    assert.notEqual(sandbox.user(user.id).secretKey, user.secretKey);
  });

  test("take faults back, of the S3 endpoint too", async () => {
    await call("POST", "/_sandbox/faults", { on: "s3", kind: "html" });
    await call("POST", "/_sandbox/faults", { on: "platform", kind: "html" });
    assert.equal((await fetch(sandbox.s3Endpoint)).status, 502);
    assert.equal((await call("DELETE", "/_sandbox/faults")).status, 204);
    assert.notEqual((await fetch(sandbox.s3Endpoint)).status, 502);
    assert.equal((await call("GET", "/projects")).status, 200);
  });

  test("refuse faults and quirks that there are not", async () => {
    assert.equal((await call("POST", "/_sandbox/faults", { on: "s3", kind: "flood" })).status, 422);
    assert.equal((await call("POST", "/_sandbox/faults", { kind: "html" })).status, 422);
    assert.equal((await call("PATCH", "/_sandbox/quirks", { charm: 1 })).status, 422);
  });

  test("change quirks", async () => {
    await call("PATCH", "/_sandbox/quirks", { wrapListsIn: "projects" });
    assert.equal((await call("GET", "/projects")).body.projects.length, 3);
  });

  test("end sign-ins, and name the accounts to sign in with", async () => {
    const [{ login, password }] = (await call("GET", "/_sandbox/accounts")).body;
    const signedIn = await fetch(`${sandbox.platformUrl}/login`, {
      method: "POST",
      body: JSON.stringify({ login, password }),
    });
    const jwt = signedIn.headers.get("authorization")?.replace("Bearer ", "");
    assert.equal((await call("GET", "/projects", undefined, jwt)).status, 200);
    await call("DELETE", "/_sandbox/sign-ins");
    assert.equal((await call("GET", "/projects", undefined, jwt)).status, 401);
  });

  test("name the requests that came in, the control calls not among them", async () => {
    await call("GET", "/projects?page=1");
    await fetch(`${sandbox.s3Endpoint}/b/k?X-Amz-Signature=abc&x=1`);
    assert.deepEqual((await call("GET", "/_sandbox/requests")).body, [
      { on: "platform", method: "GET", path: "/projects", query: "page=1" },
      { on: "s3", method: "GET", path: "/b/k", query: "X-Amz-Signature=[secret]&x=1" },
    ]);
  });
});
