/** What went wrong at the platform, as far as a person can do something about it. */
export type PlatformErrorKind =
  /** 401: the token is not, or no longer, accepted. */
  | "unauthorized"
  /** 403: the token lacks a right. */
  | "forbidden"
  | "notFound"
  /** 409: the platform's state does not allow it, e.g. deleting a locked user. */
  | "conflict"
  /** 422: a field was refused. */
  | "invalid"
  | "rateLimited"
  /** 5xx, or any other status nobody expects. What the request did is unknown. */
  | "failed"
  /** A 2xx answer that is not what the API promises (HTML, broken or foreign JSON). What the request did is unknown. */
  | "unreadable"
  /** Nobody answered. `mayHaveActed` tells whether the request can have arrived. */
  | "unreachable";

export interface PlatformErrorDetails {
  readonly status?: number;
  /** What support asks for. */
  readonly requestId?: string;
  /** The platform's own words, shortened; only from its error envelope, never from a proxy's page. */
  readonly said?: string;
  /** Field name → messages, of a 422. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Seconds, of a 429. */
  readonly retryAfter?: number;
  /** The request may have taken effect although no usable answer came. */
  readonly mayHaveActed: boolean;
  readonly cause?: unknown;
}

/** A failed call to the platform API. Its message names method and path, never query, body or headers. */
export class PlatformError extends Error implements PlatformErrorDetails {
  override readonly name = "PlatformError";
  readonly kind: PlatformErrorKind;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly said: string | undefined;
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly retryAfter: number | undefined;
  readonly mayHaveActed: boolean;

  constructor(call: string, kind: PlatformErrorKind, details: PlatformErrorDetails) {
    const parts = [call, details.status ?? kind, details.said, details.requestId && `request ${details.requestId}`];
    super(parts.filter((part) => part !== undefined && part !== "").join(": "), { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.requestId = details.requestId;
    this.said = details.said;
    this.fields = details.fields ?? {};
    this.retryAfter = details.retryAfter;
    this.mayHaveActed = details.mayHaveActed;
  }
}
