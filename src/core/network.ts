import type { Agent, RequestInit as UndiciRequestInit, fetch as undiciFetch } from "undici";
import { type Environment, type Route, type RouteSettings, routesTo } from "./route.ts";

/**
 * The web's fetch, for absolute addresses. Redirects are not followed: a token must not travel to another host.
 * It fails with a {@link NetworkError}, and so does reading the body of its answer; where the signal was aborted, with the
 * signal's reason. The answer's `url` is empty.
 */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface NetworkSettings extends RouteSettings {
  /** Until there is a connection, its encryption included. */
  readonly connectTimeoutMs: number;
  /** For the answer to begin, and for each pause within it. */
  readonly requestTimeoutMs: number;
}

export interface NetworkPorts {
  /** Read at each request. */
  readonly settings: () => NetworkSettings;
  readonly env: Environment;
  /** VS Code's own fetch, which knows proxies and the system's certificates; looked up at call time, since VS Code patches it. */
  readonly vscodeFetch: () => Fetch;
}

export type NetworkReason = "dns" | "refused" | "tls" | "timeout" | "proxy" | "reset" | "offline" | "other";

/**
 * Nobody answered, or not to the end. Its message names the origin and the system's code only, never path, query, headers
 * or body; it has no cause, because that of a parser quotes the answer.
 */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  /** `notSent`: nothing reached the other side, so that a retry is safe, of a POST too. `interrupted`: something may have. */
  readonly kind: "notSent" | "interrupted";
  readonly reason: NetworkReason;
  readonly origin: string;
  /** As Node or undici name it: `ENOTFOUND`, `UND_ERR_CONNECT_TIMEOUT`, `UNABLE_TO_VERIFY_LEAF_SIGNATURE`… */
  readonly code: string | undefined;

  constructor(origin: string, kind: NetworkError["kind"], reason: NetworkReason, code?: string) {
    super(`${origin}: ${reason} (${[kind, code].filter(Boolean).join(", ")})`);
    this.kind = kind;
    this.reason = reason;
    this.origin = origin;
    this.code = code;
  }
}

/**
 * The one place that talks to the network. Direct connections go through undici (pooled, with timeouts); where a proxy or a
 * certificate of the person's own is in play, VS Code's own fetch carries the request, because undici knows neither.
 * Whatever may have been sent is not sent again, not even a GET that met a connection which the server was just closing:
 * idle ones are kept for 4 s, so that this is rare.
 */
export class Network {
  readonly #ports: NetworkPorts;
  /** By origin: the way that led there when the first did not, so that not every request begins with the same failure. */
  readonly #detours = new Map<string, Route>();
  /** By their timeouts: those of before a change of the settings still serve what they have begun. */
  readonly #pools = new Map<string, Promise<Direct>>();

  constructor(ports: NetworkPorts) {
    this.#ports = ports;
  }

  readonly fetch: Fetch = async (url, init = {}) => {
    const settings = this.#ports.settings();
    const exchange: Exchange = {
      target: new URL(url),
      init: { redirect: "manual", ...init },
      signal: init.signal ?? undefined,
      settings,
    };
    const [first, second] = this.#routes(exchange);
    try {
      return await this.#send(first, exchange);
    } catch (error) {
      const isSafe = error instanceof NetworkError && error.kind === "notSent" && isReplayable(init.body);
      if (!isSafe || second === undefined) throw error;
      const response = await this.#send(second, exchange);
      this.#detours.set(exchange.target.origin, second);
      return response;
    }
  };

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(async (pool) => (await pool).agent.destroy()));
  }

  #routes({ target, settings }: Exchange): readonly [Route, Route?] {
    const [first, second] = routesTo(target, settings, this.#ports.env);
    return second !== undefined && second === this.#detours.get(target.origin) ? [second, first] : [first, second];
  }

  async #send(route: Route, exchange: Exchange): Promise<Response> {
    const { target, signal, settings } = exchange;
    try {
      const response = await (route === "direct" ? this.#viaUndici(exchange) : this.#viaVscode(exchange));
      return withGuardedBody(response, target.origin, settings.requestTimeoutMs, signal);
    } catch (error) {
      throw failureOf(error, target.origin, signal, route);
    }
  }

  async #viaUndici({ target, init, settings }: Exchange): Promise<Response> {
    const { fetch, agent } = await this.#direct(settings);
    // undici's types of the web standard's classes are its own; the values are the same.
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion
    return (await fetch(target, { ...(init as UndiciRequestInit), dispatcher: agent })) as unknown as Response;
  }

  /** VS Code's fetch is given no timeouts, so they are kept here. */
  async #viaVscode({ target, init, signal, settings }: Exchange): Promise<Response> {
    const timeout = new AbortController();
    const limit = settings.connectTimeoutMs + settings.requestTimeoutMs;
    const timer = setTimeout(() => timeout.abort(new SilenceError()), limit);
    const either = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
    try {
      return await this.#ports.vscodeFetch()(target, { ...init, signal: either });
    } finally {
      clearTimeout(timer);
    }
  }

  #direct({ connectTimeoutMs, requestTimeoutMs }: NetworkSettings): Promise<Direct> {
    const name = `${connectTimeoutMs} ${requestTimeoutMs}`;
    const pool = this.#pools.get(name) ?? loadUndici(connectTimeoutMs, requestTimeoutMs);
    this.#pools.set(name, pool);
    return pool;
  }
}

/**
 * The whole text of an answer.
 * @param limit bytes
 * @throws NetworkError when it is longer than the limit, and what the body of an answer ends in (see {@link Fetch})
 */
export async function readText(response: Response, origin: string, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) throw new NetworkError(origin, "interrupted", "other");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

interface Exchange {
  readonly target: URL;
  readonly init: RequestInit;
  readonly signal: AbortSignal | undefined;
  readonly settings: NetworkSettings;
}

interface Direct {
  readonly fetch: typeof undiciFetch;
  readonly agent: Agent;
}

async function loadUndici(connectTimeoutMs: number, requestTimeoutMs: number): Promise<Direct> {
  // undici makes its agent that of the whole process when there is none, and everyone else's fetch is not ours to touch.
  // This has Node load its own undici, which then is the one to do so.
  new Headers().has("host");
  // The default export is what both Node and a bundle make of this CommonJS package.
  const { Agent, buildConnector, fetch } = (await import("undici")).default;
  const connect = buildConnector({ timeout: connectTimeoutMs });
  const agent = new Agent({
    connect: (options, callback) =>
      connect(options, (...[error, socket]) => {
        if (error) callback(new NotConnectedError(error), null);
        else callback(null, socket);
      }),
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
    connections: 32,
  });
  return { fetch, agent };
}

/** The same answer with a body that ends in a NetworkError, and does so when it pauses for too long. */
function withGuardedBody(response: Response, origin: string, pauseMs: number, signal?: AbortSignal): Response {
  if (response.body === null) return response;
  // Taken when somebody reads: until then, an answer that is thrown away gives its connection back by itself.
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const source = (): ReadableStreamDefaultReader<Uint8Array> => (reader ??= (response.body as Body).getReader());
  const body: Body = new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await within(pauseMs, source().read());
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(failureOf(error, origin, signal));
          await source()
            .cancel()
            .catch(() => undefined);
        }
      },
      cancel: (reason) => source().cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

type Body = ReadableStream<Uint8Array>;

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SilenceError()), ms);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Nothing came for too long. */
class SilenceError extends Error {
  readonly code = "ETIMEDOUT";
}

/** There was no connection to send anything over; the cause says why. */
class NotConnectedError extends Error {
  constructor(cause: Error) {
    super("not connected", { cause });
  }
}

const reasons: Readonly<Record<string, NetworkReason>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  ENETUNREACH: "offline",
  EHOSTUNREACH: "offline",
  ENETDOWN: "offline",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  UND_ERR_PRX_TLS: "proxy",
};

const certificateCodes = /CERT_|SELF_SIGNED|UNABLE_TO_|^ERR_TLS_CERT/;
const tlsCodes = /CERT|SELF_SIGNED|UNABLE_TO|^ERR_TLS|^ERR_SSL|^EPROTO$/;
/** What undici, and so VS Code's fetch, says when a proxy does not open a tunnel. */
const noTunnel = /when HTTP Tunneling|Proxy authentication required/;

/** The signal's reason where it was aborted, otherwise a NetworkError. */
function failureOf(error: unknown, origin: string, signal?: AbortSignal, route?: Route): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof NetworkError) return error;
  const chain = chainOf(error);
  const codes = chain.map(codeOf);
  const code = codes.find(reasonOfCode) ?? codes.find(Boolean);
  const isSent = !chain.some(isBeforeSending);
  const isProxy = chain.some(({ message }) => noTunnel.test(message)) || (route === "proxy" && !isSent && !isTls(code));
  const reason = isProxy ? "proxy" : (reasonOfCode(code) ?? "other");
  return new NetworkError(origin, isSent ? "interrupted" : "notSent", reason, code);
}

/** A fetch fails with a TypeError whose cause, perhaps an AggregateError of several addresses, says why. */
function chainOf(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [error, ...[error.cause, ...inner].flatMap(chainOf)];
}

function codeOf(error: Error): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" && /^[A-Z0-9_]+$/.test(code) ? code : undefined;
}

function reasonOfCode(code: string | undefined): NetworkReason | undefined {
  if (code === undefined) return undefined;
  return reasons[code] ?? (isTls(code) ? "tls" : undefined);
}

function isTls(code: string | undefined): boolean {
  return code !== undefined && tlsCodes.test(code);
}

/**
 * Direct connections say so themselves. Of VS Code's fetch it is known where it fails while a connection is made: the same
 * codes on one that was made say nothing about the request.
 */
function isBeforeSending(error: Error): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  const code = codeOf(error) ?? "";
  return (
    error instanceof NotConnectedError ||
    syscall === "connect" ||
    syscall === "getaddrinfo" ||
    code === "UND_ERR_CONNECT_TIMEOUT" ||
    certificateCodes.test(code) ||
    noTunnel.test(error.message)
  );
}

/** A stream can be read once only, and a failed fetch has cancelled it. */
function isReplayable(body: RequestInit["body"]): boolean {
  return typeof body !== "object" || body === null || !(Symbol.asyncIterator in body);
}
