import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";

/** Runs around a request: `act` is the server's own work. */
export type Interceptor = (
  request: IncomingMessage,
  response: ServerResponse,
  act: () => Promise<void> | void,
) => Promise<void>;

/** Whether the server does its work before its answer is replaced. */
const acted = z.boolean().default(false);

const effectSchema = z.discriminatedUnion("kind", [
  /** The server begins late. */
  z.strictObject({ kind: z.literal("latency"), ms: z.int().nonnegative() }),
  /** An error in the server's own format. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    code: z.string().default("fault"),
    message: z.string().default("Asked for by a test"),
    /** Value of a `Retry-After` header: seconds, or a date. */
    retryAfter: z.string().optional(),
    acted,
  }),
  /** What a proxy in front says when it has no answer. */
  z.strictObject({ kind: z.literal("html"), status: z.int().min(200).max(599).default(502), acted }),
  /** The server's answer, cut in its middle but complete for HTTP. */
  z.strictObject({ kind: z.literal("broken-json") }),
  z.strictObject({ kind: z.literal("empty"), status: z.int().min(200).max(599).default(200), acted }),
  /** The connection ends: before the server acted, after it, or in the middle of its answer. */
  z.strictObject({ kind: z.literal("cut"), when: z.enum(["before", "after", "midway"]) }),
  /** The answer's body comes in pieces. */
  z.strictObject({
    kind: z.literal("slow-body"),
    bytes: z.int().positive().default(16),
    everyMs: z.int().positive().default(20),
  }),
  /** The server's JSON (of a list: every entry) with fields changed, or another body altogether. */
  z.strictObject({
    kind: z.literal("json"),
    set: z.record(z.string(), z.json()).default({}),
    remove: z.array(z.string()).default([]),
    body: z.json().optional(),
  }),
]);

/** Which requests a fault is for. */
export const matchSchema = z.object({
  method: z.string().toUpperCase().optional(),
  /** The path, `*` standing for any characters; none for every path. */
  path: z.string().optional(),
  /** A piece of the query, e.g. `list-type=2`. */
  query: z.string().optional(),
  /** How many matching requests pass before the first one is disturbed. */
  skip: z.int().nonnegative().default(0),
  /** How many requests are disturbed; none for all until the fault is removed. */
  times: z.int().positive().optional(),
});

/** A fault as it comes over the wire: which requests, and what happens to them. */
export const faultSchema = z.looseObject(matchSchema.shape).transform((fault, context) => {
  const { method, path, query, skip, times, ...rest } = fault;
  const effect = effectSchema.safeParse(rest);
  if (effect.success) return { method, path, query, skip, times, ...effect.data };
  for (const issue of effect.error.issues)
    context.addIssue({ code: "custom", message: issue.message, path: issue.path });
  return z.NEVER;
});

type Match = z.infer<typeof matchSchema>;
type WireEffect = z.infer<typeof effectSchema>;
/** Something that happens in between, e.g. a lock by somebody else; then the server acts as ever. */
interface Hook {
  readonly kind: "before";
  readonly run: (request: IncomingMessage) => Promise<void> | void;
}
type Effect = WireEffect | Hook;

export type FaultOptions = z.input<typeof matchSchema> & (z.input<typeof effectSchema> | Hook);

export interface Fault {
  /** How many requests it has disturbed. */
  readonly hits: number;
  remove(): void;
}

/** How a server words an error. */
export type ErrorBody = (status: number, code: string, message: string) => { contentType: string; body: string };

interface Planned {
  readonly match: Match;
  readonly effect: Effect;
  seen: number;
  hits: number;
}

/** Faults on request, for one server: the newest that matches a request disturbs it. */
export class Faults {
  readonly #errorBody: ErrorBody;
  readonly #planned = new Set<Planned>();

  constructor(errorBody: ErrorBody) {
    this.#errorBody = errorBody;
  }

  add(options: FaultOptions): Fault {
    const match = matchSchema.parse(options);
    const effect = options.kind === "before" ? options : faultSchema.parse(options);
    const planned: Planned = { match, effect, seen: 0, hits: 0 };
    this.#planned.add(planned);
    return {
      get hits() {
        return planned.hits;
      },
      remove: () => void this.#planned.delete(planned),
    };
  }

  clear(): void {
    this.#planned.clear();
  }

  readonly intercept: Interceptor = async (request, response, act) => {
    const effect = this.#take(request);
    await (effect ? disturb(effect, request, response, act, this.#errorBody) : act());
  };

  #take(request: IncomingMessage): Effect | undefined {
    for (const planned of [...this.#planned].toReversed()) {
      const { match } = planned;
      if (!matches(match, request)) continue;
      planned.seen += 1;
      if (planned.seen <= match.skip || planned.hits === match.times) continue;
      planned.hits += 1;
      return planned.effect;
    }
    return undefined;
  }
}

function matches(match: Match, request: IncomingMessage): boolean {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  if (match.method !== undefined && match.method !== request.method) return false;
  if (match.query !== undefined && !query.includes(match.query)) return false;
  return match.path === undefined || glob(match.path).test(path);
}

function glob(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .split("*")
      .map((text) => RegExp.escape(text))
      .join(".*")}$`,
    "s",
  );
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

async function disturb(
  effect: Effect,
  request: IncomingMessage,
  response: ServerResponse,
  act: () => Promise<void> | void,
  errorBody: ErrorBody,
): Promise<void> {
  if (effect.kind === "before") {
    await effect.run(request);
    return act();
  }
  if (effect.kind === "latency") {
    await delay(effect.ms);
    return act();
  }
  if (effect.kind === "cut" && effect.when === "before") {
    request.socket.destroy();
    return;
  }
  const answer = needsAnswer(effect) ? await captureAnswer(response, act) : undefined;
  if (!answer) request.resume(); // or the client would wait with its body
  if (response.destroyed) return;
  await replace(effect, answer ?? { status: 200, headers: {}, body: Buffer.alloc(0) }, response, errorBody);
}

function needsAnswer(effect: WireEffect): boolean {
  return !("acted" in effect) || effect.acted;
}

async function replace(
  effect: Exclude<WireEffect, { kind: "latency" }>,
  answer: Answer,
  response: ServerResponse,
  errorBody: ErrorBody,
): Promise<void> {
  switch (effect.kind) {
    case "status": {
      const { contentType, body } = errorBody(effect.status, effect.code, effect.message);
      const retry = effect.retryAfter === undefined ? {} : { "retry-after": effect.retryAfter };
      return send(response, { status: effect.status, headers: { "content-type": contentType, ...retry }, body });
    }
    case "html": {
      const headers = { "content-type": "text/html" };
      return send(response, { status: effect.status, headers, body: badGateway });
    }
    case "broken-json":
      return send(response, { ...answer, body: answer.body.subarray(0, answer.body.length / 2) });
    case "empty":
      return send(response, { status: effect.status, headers: {}, body: "" });
    case "cut":
      if (effect.when === "midway") await sendHalf(response, answer);
      response.destroy();
      return;
    case "slow-body":
      return drip(response, answer, effect.bytes, effect.everyMs);
    case "json":
      return send(response, { ...answer, body: changedJson(answer.body, effect) });
  }
}

const badGateway = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";

function send(
  response: ServerResponse,
  answer: { status: number; headers: OutgoingHttpHeaders; body: Buffer | string },
) {
  const length = Buffer.byteLength(answer.body);
  response.writeHead(answer.status, { ...answer.headers, "content-length": length }).end(answer.body);
}

async function sendHalf(response: ServerResponse, answer: Answer): Promise<void> {
  response.writeHead(answer.status, { ...answer.headers, "content-length": Math.max(answer.body.length, 2) });
  const half = answer.body.subarray(0, answer.body.length / 2);
  await new Promise((resolve) => response.write(half.length > 0 ? half : " ", resolve));
}

async function drip(response: ServerResponse, answer: Answer, bytes: number, everyMs: number): Promise<void> {
  response.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length });
  for (let at = 0; at < answer.body.length && !response.destroyed; at += bytes) {
    response.write(answer.body.subarray(at, at + bytes));
    await delay(everyMs);
  }
  response.end();
}

function changedJson(body: Buffer, effect: Extract<WireEffect, { kind: "json" }>): string {
  if (effect.body !== undefined) return JSON.stringify(effect.body);
  const change = (value: object) => {
    const removed = new Set(effect.remove);
    const kept = Object.entries(value).filter(([name]) => !removed.has(name));
    return { ...Object.fromEntries(kept), ...effect.set };
  };
  const value: object = JSON.parse(body.toString());
  return JSON.stringify(Array.isArray(value) ? value.map(change) : change(value));
}

/** Lets the server act, and keeps its answer back. */
async function captureAnswer(response: ServerResponse, act: () => Promise<void> | void): Promise<Answer> {
  const chunks: Buffer[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const keep = (chunk: unknown, encoding: unknown) => {
    if (typeof chunk === "string") chunks.push(Buffer.from(chunk, encoding as BufferEncoding | undefined));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const overridden = {
    writeHead(status: number, ...rest: unknown[]) {
      response.statusCode = status;
      setHeaders(response, rest.at(-1));
      return response;
    },
    flushHeaders() {},
    write(chunk: unknown, ...rest: unknown[]) {
      keep(chunk, typeof rest[0] === "string" ? rest[0] : undefined);
      callLast(rest);
      return true;
    },
    end(...rest: unknown[]) {
      keep(rest[0], typeof rest[1] === "string" ? rest[1] : undefined);
      callLast(rest);
      end();
      return response;
    },
  };
  Object.assign(response, overridden);
  const closed = new AbortController();
  try {
    const gone = once(response, "close", { signal: closed.signal }).catch(() => {});
    await act();
    await Promise.race([ended, gone]);
  } finally {
    closed.abort();
    for (const name of Object.keys(overridden)) Reflect.deleteProperty(response, name);
  }
  const headers = { ...response.getHeaders() };
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  delete headers["transfer-encoding"];
  return { status: response.statusCode, headers, body: Buffer.concat(chunks) };
}

function setHeaders(response: ServerResponse, headers: unknown): void {
  if (Array.isArray(headers)) {
    for (let at = 0; at < headers.length; at += 2) response.setHeader(String(headers[at]), headers[at + 1]);
  } else if (typeof headers === "object" && headers !== null) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
  }
}

function callLast(parameters: readonly unknown[]): void {
  const last = parameters.at(-1);
  if (typeof last === "function") queueMicrotask(() => void last());
}
