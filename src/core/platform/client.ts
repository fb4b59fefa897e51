import { jsonOrNothing } from "../json.ts";
import { type Fetch, NetworkError, readText } from "../network.ts";
import { Secret } from "../secret.ts";
import { PlatformError, type PlatformErrorKind } from "./errors.ts";
import {
  type Account,
  type Project,
  type RenewedKey,
  type RgwUser,
  parseAccount,
  parseError,
  parseProjects,
  parseRenewedKey,
  parseUser,
  parseUsers,
} from "./schema.ts";

/** 10,000 users are about 3 MB of JSON. */
const answerLimit = 64 * 1024 * 1024;
/** Pages of one list; more means that the links go round in circles. */
const pageLimit = 1_000;

interface Call {
  readonly method: "GET" | "POST";
  /** Relative to the API's URL, or absolute for a following page. */
  readonly path: string;
  readonly json?: unknown;
  readonly signal?: AbortSignal | undefined;
}

interface Answer {
  readonly call: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * The platform's REST API, as far as this extension needs it. Every method throws a {@link PlatformError}, or the signal's
 * reason when it was aborted. Nothing is retried here: only the caller knows what may safely be asked twice.
 */
export class PlatformClient {
  readonly #base: URL;
  readonly #fetch: Fetch;
  readonly #token: Secret | undefined;

  /** @param apiUrl where the API lives, with or without a path of its own */
  constructor(apiUrl: URL, fetch: Fetch, token?: Secret) {
    this.#base = new URL(apiUrl.href.endsWith("/") ? apiUrl.href : `${apiUrl.href}/`);
    this.#fetch = fetch;
    this.#token = token;
  }

  /** `POST /login`. Answers a JWT, which comes in the `Authorization` header of the response. */
  async login(login: string, password: string, signal?: AbortSignal): Promise<Secret> {
    const { headers, call, status } = await this.#ask({
      method: "POST",
      path: "login",
      json: { login, password },
      signal,
    });
    const token = headers
      .get("authorization")
      ?.replace(/^Bearer\s+/i, "")
      .trim();
    if (!token) throw new PlatformError(call, "unreadable", { status, mayHaveActed: true });
    return new Secret(token);
  }

  /** `GET /accounts/me`: who the token belongs to. */
  async account(signal?: AbortSignal): Promise<Account> {
    return read(await this.#ask({ method: "GET", path: "accounts/me", signal }), parseAccount);
  }

  /** `GET /projects`: the projects the token can see. */
  async projects(signal?: AbortSignal): Promise<readonly Project[]> {
    return this.#list("projects", parseProjects, signal);
  }

  /** `GET /rgw/users?project_id=…`; their secrets are masked and not kept. */
  async users(projectId: string, signal?: AbortSignal): Promise<readonly RgwUser[]> {
    return this.#list(`rgw/users?${new URLSearchParams({ project_id: projectId }).toString()}`, parseUsers, signal);
  }

  /** `GET /rgw/users/{id}` */
  async user(id: string, signal?: AbortSignal): Promise<RgwUser> {
    return read(await this.#ask({ method: "GET", path: userPath(id), signal }), parseUser);
  }

  /**
   * `POST /rgw/users/{id}/renew_key`: a new secret for the same access key id. The old secret is dead as soon as the
   * platform has acted, and the new one is shown only in this answer. While the user is locked it does nothing.
   */
  async renewKey(id: string, signal?: AbortSignal): Promise<RenewedKey> {
    const answer = await this.#ask({ method: "POST", path: `${userPath(id)}/renew_key`, signal });
    const requestId = answer.headers.get("x-request-id") ?? undefined;
    return { ...read(answer, parseRenewedKey), ...(requestId && { requestId }) };
  }

  /** Pagination is not documented; where a `Link` header names a next page, it is followed, on the same origin only. */
  async #list<T>(path: string, parse: (json: unknown) => readonly T[], signal?: AbortSignal): Promise<readonly T[]> {
    const all: T[] = [];
    let next: string | undefined = path;
    for (let page = 0; next !== undefined; page++) {
      const answer = await this.#ask({ method: "GET", path: next, signal });
      for (const item of read(answer, parse)) all.push(item);
      next = this.#nextPage(answer, next);
      if (next !== undefined && page >= pageLimit) {
        throw new PlatformError(answer.call, "unreadable", { status: answer.status, mayHaveActed: false });
      }
    }
    return all;
  }

  #nextPage({ headers, call, status }: Answer, current: string): string | undefined {
    const link = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(headers.get("link") ?? "")?.[1];
    if (link === undefined) return undefined;
    const url = new URL(link, new URL(current, this.#base));
    if (url.origin !== this.#base.origin) {
      throw new PlatformError(call, "unreadable", {
        status,
        said: "the next page is on another host",
        mayHaveActed: false,
      });
    }
    return url.href;
  }

  async #ask({ method, path, json, signal }: Call): Promise<Answer> {
    const url = new URL(path, this.#base);
    const call = `${method} ${url.pathname}`;
    const headers: Record<string, string> = { accept: "application/json" };
    if (this.#token) headers["authorization"] = `Bearer ${this.#token.reveal()}`;
    if (json !== undefined) headers["content-type"] = "application/json";
    const init = {
      method,
      headers,
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(signal && { signal }),
    };
    let answer: Answer;
    try {
      const response = await this.#fetch(url, init);
      answer = {
        call,
        status: response.status,
        headers: response.headers,
        text: await readText(response, url.origin, answerLimit),
      };
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const mayHaveActed = method !== "GET" && error.kind === "interrupted";
      throw new PlatformError(call, "unreachable", { mayHaveActed, cause: error });
    }
    if (answer.status < 200 || answer.status > 299) throw refusal(answer, method !== "GET");
    return answer;
  }
}

function userPath(id: string): string {
  return `rgw/users/${encodeURIComponent(id)}`;
}

function read<T>({ call, status, headers, text }: Answer, parse: (json: unknown) => T): T {
  try {
    return parse(JSON.parse(text));
  } catch {
    // The parser's own error would quote the answer, which may hold a secret.
    const requestId = headers.get("x-request-id") ?? undefined;
    throw new PlatformError(call, "unreadable", {
      status,
      ...(requestId && { requestId }),
      mayHaveActed: !call.startsWith("GET "),
    });
  }
}

function refusal({ call, status, headers, text }: Answer, acts: boolean): PlatformError {
  const envelope = parseError(jsonOrNothing(text));
  const requestId = envelope?.requestId ?? headers.get("x-request-id") ?? undefined;
  const retryAfter = seconds(headers.get("retry-after"));
  return new PlatformError(call, kindOf(status), {
    status,
    ...(requestId && { requestId }),
    ...(envelope?.said && { said: envelope.said }),
    ...(envelope && { fields: envelope.fields }),
    ...(retryAfter !== undefined && { retryAfter }),
    mayHaveActed: acts && !isRefusal(status, envelope?.said !== undefined),
  });
}

/**
 * Whether a status says that nothing was done. What is not in the platform's own words may come from something in between,
 * which can refuse to let an answer through as well as a request; only tokens and rates are judged before all else.
 */
function isRefusal(status: number, isPlatforms: boolean): boolean {
  return status === 401 || status === 429 || (isPlatforms && status >= 400 && status < 500);
}

const kinds: Readonly<Record<number, PlatformErrorKind>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "notFound",
  409: "conflict",
  422: "invalid",
  429: "rateLimited",
};

function kindOf(status: number): PlatformErrorKind {
  return kinds[status] ?? "failed";
}

/** `Retry-After` is a number of seconds or a date. */
function seconds(header: string | null): number | undefined {
  if (header === null) return undefined;
  const value = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(value) ? Math.max(0, Math.ceil(value)) : undefined;
}
