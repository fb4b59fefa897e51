import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { type Handlers, type MessagePort, notify, serve } from "../../../../src/host/buckets/serve.ts";
import type { ToWebview } from "../../../../src/protocol/bucketBrowser.ts";

/** A webview's port as a small program: what arrives from the page, and what was posted to it, in order. */
class Port implements MessagePort {
  readonly posted: ToWebview[] = [];
  readonly #events = new EventEmitter();
  listeners = 0;

  readonly onDidReceiveMessage: MessagePort["onDidReceiveMessage"] = (listener) => {
    this.listeners++;
    this.#events.on("message", listener);
    return {
      dispose: () => {
        this.listeners--;
        this.#events.off("message", listener);
      },
    };
  };

  async postMessage(message: ToWebview): Promise<boolean> {
    this.posted.push(structuredClone(message));
    this.#events.emit("posted");
    return true;
  }

  arrives(message: unknown): void {
    this.#events.emit("message", message);
  }

  async answers(count: number): Promise<readonly ToWebview[]> {
    while (this.posted.length < count) await once(this.#events, "posted", { signal: AbortSignal.timeout(2_000) });
    return this.posted;
  }
}

const never = new Promise<never>(() => undefined);
const handlers: Handlers = {
  listBuckets: async () => [{ name: "billing-exports" }],
  bucketUsage: async () => ({}),
  listObjects: async ({ prefix }) => ({ folders: [`${prefix}a/`], objects: [] }),
  takeWayOut: async () => undefined,
  moved: async () => undefined,
};
const explain = (error: unknown) => ({ title: error instanceof Error ? error.message : "?", waysOut: [] });

function start(some: Partial<Handlers> = {}): { port: Port; served: { dispose(): void } } {
  const port = new Port();
  return { port, served: serve(port, { ...handlers, ...some }, explain) };
}

test("a request is answered with what its handler gives, under its own id", async () => {
  const { port } = start();
  port.arrives({ id: "1", method: "listBuckets", params: [] });
  port.arrives({ id: "2", method: "listObjects", params: [{ bucket: "b", prefix: "p/" }] });
  port.arrives({ id: "3", method: "moved", params: [{ level: "objects", bucket: "b", prefix: "" }] });
  const answers = await port.answers(3);
  assert.deepEqual(
    answers.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    [
      { id: "1", value: [{ name: "billing-exports" }] },
      { id: "2", value: { folders: ["p/a/"], objects: [] } },
      { id: "3", value: undefined },
    ],
  );
});

test("a failure is answered in words, also one that is thrown at once", async () => {
  const { port } = start({
    listBuckets: async () => Promise.reject(new Error("no network")),
    bucketUsage: () => {
      throw new Error("at once");
    },
  });
  port.arrives({ id: "1", method: "listBuckets", params: [] });
  assert.deepEqual(await port.answers(1), [{ id: "1", failure: { title: "no network", waysOut: [] } }]);
  port.arrives({ id: "2", method: "bucketUsage", params: ["b"] });
  assert.deepEqual((await port.answers(2))[1], { id: "2", failure: { title: "at once", waysOut: [] } });
});

test("a cancelled request is answered once, even when its handler does not listen", async () => {
  let signal: AbortSignal | undefined;
  const { port } = start({
    listBuckets: (given) => {
      signal = given;
      return never;
    },
  });
  port.arrives({ id: "1", method: "listBuckets", params: [] });
  assert.equal(signal?.aborted, false);
  port.arrives({ cancel: "1" });
  port.arrives({ cancel: "1" });
  assert.equal(signal?.aborted, true);
  assert.deepEqual(await port.answers(1), [{ id: "1", cancelled: true }]);
  // One more round trip: a second answer would have come before this one's.
  port.arrives({ id: "2", method: "takeWayOut", params: ["showLog"] });
  assert.deepEqual((await port.answers(2)).slice(1), [{ id: "2", value: undefined }]);
});

test("a method that does not exist and parameters that do not fit are refused, and answered", async () => {
  const wrong = [
    { method: "deleteBucket", params: [] },
    { method: "constructor", params: [] },
    { method: "toString", params: [] },
    { method: "listObjects", params: [{ bucket: "b" }] },
    { method: "listObjects", params: [{ bucket: 1, prefix: "" }] },
    { method: "bucketUsage", params: [] },
    { method: "bucketUsage", params: ["b", "c"] },
    { method: "takeWayOut", params: ["workbench.action.quit"] },
    { method: "moved", params: [{ level: "elsewhere" }] },
  ];
  const { port } = start();
  for (const [index, request] of wrong.entries()) port.arrives({ id: String(index), ...request });
  const answers = await port.answers(wrong.length);
  assert.deepEqual(
    answers.filter((answer) => !("failure" in answer)),
    [],
  );
});

test("what is no request is passed over", async () => {
  const { port } = start();
  for (const message of [
    null,
    undefined,
    1,
    "x",
    [],
    {},
    { id: 1, method: "listBuckets", params: [] },
    { cancel: 1 },
  ]) {
    port.arrives(message);
  }
  port.arrives({ cancel: "unknown" });
  port.arrives({ id: "last", method: "bucketUsage", params: ["b"] });
  assert.deepEqual(await port.answers(1), [{ id: "last", value: {} }]);
});

test("disposing aborts what runs, answers nothing more and stops listening", async () => {
  let signal: AbortSignal | undefined;
  const { port, served } = start({
    listBuckets: (given) => {
      signal = given;
      return never;
    },
  });
  port.arrives({ id: "1", method: "listBuckets", params: [] });
  served.dispose();
  assert.equal(signal?.aborted, true);
  assert.equal(port.listeners, 0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(port.posted, []);
});

test("a notice carries its parameters", () => {
  const port = new Port();
  notify(port, "refresh");
  notify(port, "goTo", { level: "buckets" });
  assert.deepEqual(port.posted, [
    { notice: "refresh", params: [] },
    { notice: "goTo", params: [{ level: "buckets" }] },
  ]);
});
