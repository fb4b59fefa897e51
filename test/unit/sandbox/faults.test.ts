import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Faults, faultSchema } from "../../sandbox/faults.ts";
import { serveLoopback, type LoopbackServer } from "../../sandbox/loopback.ts";

describe("faults", { timeout: 30_000 }, () => {
  const faults = new Faults((status, code, message) => ({
    contentType: "application/json",
    body: JSON.stringify({ status, code, message }),
  }));
  let server: LoopbackServer;
  /** What the server did: paths that it acted upon. */
  let acted: string[] = [];

  before(async () => {
    server = await serveLoopback(0, faults.intercept, async (request, response) => {
      for await (const _ of request); // the server reads a body before it acts
      acted.push(request.url ?? "");
      const body = JSON.stringify([{ name: "first", size: 1 }, { name: "second" }]);
      response.writeHead(200, { "content-type": "application/json", "x-server": "yes" });
      response.write(body.slice(0, 5));
      response.end(body.slice(5));
    });
  });
  after(() => server.close());
  afterEach(() => {
    faults.clear();
    acted = [];
  });

  async function get(path = "/", init: RequestInit = {}) {
    const response = await fetch(`${server.url}${path}`, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  const whole = '[{"name":"first","size":1},{"name":"second"}]';

  test("none leaves a request alone", async () => {
    assert.equal((await get()).text, whole);
  });

  test("latency keeps the server waiting, and then it acts", async () => {
    faults.add({ kind: "latency", ms: 60 });
    const begun = performance.now();
    assert.equal((await get()).text, whole);
    assert.ok(performance.now() - begun >= 55);
  });

  test("a status comes in the server's own words, with Retry-After, before the server acts", async () => {
    faults.add({ kind: "status", status: 429, code: "rate_limited", message: "Slow", retryAfter: "3" });
    const { status, headers, text } = await get();
    assert.deepEqual(JSON.parse(text), { status: 429, code: "rate_limited", message: "Slow" });
    assert.deepEqual([status, headers.get("retry-after"), acted], [429, "3", []]);
  });

  test("a status can come after the server acted", async () => {
    faults.add({ kind: "status", status: 500, acted: true });
    const { status, headers } = await get("/done");
    assert.deepEqual([status, headers.get("x-server"), acted], [500, null, ["/done"]]);
  });

  test("an HTML page is a 502 of some proxy", async () => {
    faults.add({ kind: "html" });
    const { status, headers, text } = await get();
    assert.deepEqual([status, headers.get("content-type"), acted], [502, "text/html", []]);
    assert.match(text, /^<html>/);
  });

  test("broken JSON is the server's answer, half of it", async () => {
    faults.add({ kind: "broken-json" });
    const { status, headers, text } = await get();
    assert.deepEqual([status, headers.get("x-server"), text], [200, "yes", whole.slice(0, whole.length / 2)]);
  });

  test("an empty body may come with any status", async () => {
    faults.add({ kind: "empty", status: 201 });
    const { status, text } = await get();
    assert.deepEqual([status, text], [201, ""]);
  });

  for (const [when, acts] of [
    ["before", []],
    ["after", ["/cut"]],
    ["midway", ["/cut"]],
  ] as const) {
    test(`a connection cut ${when}: the server ${acts.length > 0 ? "acted" : "did not act"}`, async () => {
      faults.add({ kind: "cut", when, times: 1 });
      await assert.rejects(get("/cut"), TypeError);
      assert.deepEqual(acted, acts);
      assert.equal((await get("/again")).text, whole);
    });
  }

  test("a connection cut midway has sent its head", async () => {
    faults.add({ kind: "cut", when: "midway" });
    const response = await fetch(server.url);
    assert.equal(response.status, 200);
    await assert.rejects(response.text(), TypeError);
  });

  test("a slow body comes whole, in pieces", async () => {
    faults.add({ kind: "slow-body", bytes: 10, everyMs: 5 });
    const response = await fetch(server.url);
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body ?? []) pieces.push(piece);
    assert.ok(pieces.length > 1);
    assert.equal(Buffer.concat(pieces).toString(), whole);
  });

  test("JSON fields are set and removed, in a list in every entry", async () => {
    faults.add({ kind: "json", set: { extra: null }, remove: ["size"] });
    assert.deepEqual(JSON.parse((await get()).text), [
      { name: "first", extra: null },
      { name: "second", extra: null },
    ]);
  });

  test("a JSON body is replaced", async () => {
    faults.add({ kind: "json", body: { other: 1 } });
    assert.deepEqual(JSON.parse((await get()).text), { other: 1 });
  });

  test("something may happen before the server acts", async () => {
    faults.add({ kind: "before", run: ({ url }) => void acted.push(`before ${url}`) });
    await get("/x");
    assert.deepEqual(acted, ["before /x", "/x"]);
  });

  test("a fault meets the method, path and query it names, and no others", async () => {
    faults.add({ kind: "empty", status: 299, method: "post", path: "/rgw/*/renew_key", query: "a=1" });
    const post = { method: "POST", body: "text" };
    assert.equal((await get("/rgw/users/1/renew_key?a=1", post)).status, 299);
    assert.equal((await get("/rgw/users/1/renew_key?a=1")).status, 200);
    assert.equal((await get("/rgw/users/1/renew_key", post)).status, 200);
    assert.equal((await get("/rgw/users/1/renew_keys?a=1", post)).status, 200);
    assert.equal((await get("/rgw/renew.key?a=1", post)).status, 200);
  });

  test("a fault can spare the first requests, count, and end", async () => {
    const fault = faults.add({ kind: "empty", status: 299, skip: 1, times: 2 });
    const statuses = [];
    for (let request = 0; request < 5; request += 1) statuses.push((await get()).status);
    assert.deepEqual(statuses, [200, 299, 299, 200, 200]);
    assert.equal(fault.hits, 2);
  });

  test("the newest fault comes first, and the older one after it was removed", async () => {
    faults.add({ kind: "empty", status: 298 });
    const newest = faults.add({ kind: "empty", status: 299 });
    assert.equal((await get()).status, 299);
    newest.remove();
    assert.equal((await get()).status, 298);
  });

  test("what is no fault is refused with a reason", () => {
    for (const wrong of [{}, { kind: "flood" }, { kind: "status" }, { kind: "html", acts: true }, { kind: "cut" }]) {
      assert.equal(faultSchema.safeParse(wrong).success, false, JSON.stringify(wrong));
    }
  });
});
