import type { Agent, RequestInit as UndiciRequestInit, fetch as undiciFetch } from "undici";
import { isLoopback } from "./endpoints.ts";

/** The web's fetch, for absolute addresses. Redirects are not followed: a token must not travel to another host. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface NetworkSettings {
  /** `http.proxy` */
  readonly proxy: string;
  /** `http.noProxy`; when it is set, the environment's `no_proxy` is ignored, as VS Code does. */
  readonly noProxy: readonly string[];
  /** `http.proxySupport` */
  readonly proxySupport: string;
  readonly connectTimeoutMs: number;
  /** For the answer to begin, and for each pause within it. */
  readonly requestTimeoutMs: number;
}

export interface NetworkPorts {
  /** Read at each request. */
  readonly settings: () => NetworkSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** VS Code's own fetch, which knows proxies and the system's certificates; looked up at call time, since VS Code patches it. */
  readonly vscodeFetch: () => Fetch;
}

export type NetworkReason = "dns" | "refused" | "tls" | "timeout" | "proxy" | "reset" | "offline" | "other";

/** Nobody answered. Its message names the origin only, never path, query, headers or body. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  /** `notSent`: nothing reached the other side, so that a retry is safe, of a POST too. `interrupted`: something may have. */
  readonly kind: "notSent" | "interrupted";
  readonly reason: NetworkReason;
  readonly origin: string;

  constructor(origin: string, kind: NetworkError["kind"], reason: NetworkReason) {
    super(`${origin}: ${reason} (${kind})`);
    this.kind = kind;
    this.reason = reason;
    this.origin = origin;
  }
}

/**
 * The one place that talks to the network. Direct connections go through undici (pooled, with timeouts); where a proxy or a
 * certificate of the person's own is in play, VS Code's own fetch carries the request, because undici knows neither.
 */
export class Network {
  readonly #ports: NetworkPorts;
  #direct: Promise<Direct> | undefined;

  constructor(ports: NetworkPorts) {
    this.#ports = ports;
  }

  readonly fetch: Fetch = async (url, init = {}) => {
    const target = new URL(url);
    const request: RequestInit = { redirect: "manual", ...init };
    if (this.#needsVscode(target)) return await this.#viaVscode(target, request);
    try {
      return await this.#viaUndici(target, request);
    } catch (error) {
      // Nothing was sent yet: perhaps VS Code knows a way (the system's proxy, the system's certificates).
      const retry = error instanceof NetworkError && error.kind === "notSent" && !isLoopback(target.hostname);
      if (!retry || isStream(request.body)) throw error;
      return await this.#viaVscode(target, request);
    }
  };

  async close(): Promise<void> {
    const direct = this.#direct;
    this.#direct = undefined;
    await (await direct)?.agent.destroy();
  }

  #needsVscode(target: URL): boolean {
    const { env } = this.#ports;
    const { proxy, noProxy, proxySupport } = this.#ports.settings();
    if (isLoopback(target.hostname)) return false;
    if (env["NODE_EXTRA_CA_CERTS"] || env["SSL_CERT_FILE"] || env["SSL_CERT_DIR"]) return true;
    if (proxySupport === "off") return false;
    const exceptions = noProxy.length > 0 ? noProxy : splitList(env["no_proxy"] || env["NO_PROXY"]);
    if (exceptions.some((pattern) => matchesHost(target, pattern))) return false;
    const fromEnv =
      target.protocol === "https:"
        ? env["HTTPS_PROXY"] || env["https_proxy"] || env["HTTP_PROXY"] || env["http_proxy"]
        : env["HTTP_PROXY"] || env["http_proxy"];
    return Boolean(proxy || fromEnv);
  }

  async #viaUndici(target: URL, init: RequestInit): Promise<Response> {
    this.#direct ??= loadUndici(this.#ports.settings());
    const { fetch, agent } = await this.#direct;
    return await settle(
      target,
      init.signal,
      () =>
        // undici's types of the web standard's classes are its own; the values are the same.
        // oxlint-disable-next-line typescript/no-unnecessary-type-assertion
        fetch(target, { ...(init as UndiciRequestInit), dispatcher: agent }) as unknown as Promise<Response>,
    );
  }

  /** VS Code's fetch has no timeout for the beginning of an answer, so it is given one. */
  async #viaVscode(target: URL, init: RequestInit): Promise<Response> {
    const { connectTimeoutMs, requestTimeoutMs } = this.#ports.settings();
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), connectTimeoutMs + requestTimeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout.signal]) : timeout.signal;
    try {
      return await settle(target, init.signal, () => this.#ports.vscodeFetch()(target, { ...init, signal }));
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * The whole text of an answer.
 * @param limit bytes
 * @throws NetworkError when the answer breaks off, or is longer than the limit; the signal's reason when it was aborted
 */
export async function readText(
  response: Response,
  origin: string,
  limit: number,
  signal?: AbortSignal,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > limit) break;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new NetworkError(origin, "interrupted", reasonOf(error));
  }
  if (size > limit) throw new NetworkError(origin, "interrupted", "other");
  return text + decoder.decode();
}

interface Direct {
  readonly fetch: typeof undiciFetch;
  readonly agent: Agent;
}

const globalDispatcher = Symbol.for("undici.globalDispatcher.1");

/** undici makes its agent the whole process's when nobody did so before; everyone else's fetch is not ours to touch. */
async function loadUndici({ connectTimeoutMs, requestTimeoutMs }: NetworkSettings): Promise<Direct> {
  const globals = globalThis as Record<symbol, unknown>;
  // The default export is what both Node and a bundle make of this CommonJS package.
  const { Agent, fetch } = (await import("undici")).default;
  // Only the package's own class is taken back: Node's, which somebody's fetch may have put there meanwhile, is another.
  if (globals[globalDispatcher] instanceof Agent) globals[globalDispatcher] = undefined;
  const agent = new Agent({
    connect: { timeout: connectTimeoutMs },
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
    connections: 32,
  });
  return { fetch, agent };
}

async function settle(
  target: URL,
  signal: AbortSignal | null | undefined,
  send: () => Promise<Response>,
): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const reason = reasonOf(error);
    throw new NetworkError(target.origin, neverSent(error) ? "notSent" : "interrupted", reason);
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
};

const certificateCodes = /CERT_|SELF_SIGNED|UNABLE_TO_|^ERR_TLS_CERT/;
const tlsCodes = /CERT|SELF_SIGNED|UNABLE_TO|^ERR_TLS|^ERR_SSL|^EPROTO$/;

interface SystemFailure {
  readonly code: string;
  readonly syscall: string | undefined;
}

/** A fetch fails with a TypeError whose cause, perhaps an AggregateError of several addresses, says why. */
function failuresOf(error: unknown): readonly SystemFailure[] {
  if (!(error instanceof Error)) return [];
  const { code, syscall } = error as NodeJS.ErrnoException;
  const inner = error instanceof AggregateError ? error.errors : [];
  return [...(code === undefined ? [] : [{ code, syscall }]), ...[error.cause, ...inner].flatMap(failuresOf)];
}

function reasonOf(error: unknown): NetworkReason {
  for (const { code } of failuresOf(error)) {
    const reason = reasons[code] ?? (tlsCodes.test(code) ? "tls" : undefined);
    if (reason) return reason;
  }
  if (error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError")) return "timeout";
  return /proxy|tunnel/i.test(messagesOf(error)) ? "proxy" : "other";
}

function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${messagesOf(error.cause)}` : "";
}

/** Only what happens while a connection is made: the same codes on one that was made say nothing about the request. */
function neverSent(error: unknown): boolean {
  return failuresOf(error).some(({ code, syscall }) => {
    if (code === "UND_ERR_CONNECT_TIMEOUT" || certificateCodes.test(code)) return true;
    return syscall === "connect" || syscall === "getaddrinfo";
  });
}

function isStream(body: RequestInit["body"]): boolean {
  return typeof body === "object" && body !== null && !ArrayBuffer.isView(body);
}

function splitList(list: string | undefined): readonly string[] {
  return (list ?? "").split(/[\s,]+/).filter(Boolean);
}

/** As VS Code reads `no_proxy`: `*`, a host with its subdomains, or a host with a port. */
function matchesHost({ hostname, port, protocol }: URL, pattern: string): boolean {
  if (pattern === "*") return true;
  const [, host = "", wanted] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(pattern.toLowerCase()) ?? [];
  const actual = port || (protocol === "https:" ? "443" : "80");
  return (
    host !== "" && (wanted === undefined || wanted === actual) && (hostname === host || hostname.endsWith(`.${host}`))
  );
}
