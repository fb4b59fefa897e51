/** What the S3 endpoint says, as far as it matters to a person. Codes as RGW 16 to 20 answers them. */
export type S3ErrorKind =
  /** 403 SignatureDoesNotMatch: the key exists, the secret is not this one: it was rotated elsewhere. */
  | "rejected"
  /** 403 InvalidAccessKeyId: there is no such key, its user is gone. */
  | "unknownKey"
  /** 403 UserSuspended: the secret is good (the signature is judged first), the user is suspended. */
  | "suspended"
  /** 403 RequestTimeTooSkewed: this computer's clock is off by more than 15 minutes. Says nothing about the secret. */
  | "clock"
  /** 403 AccessDenied: the secret is good, the operation is not allowed. */
  | "denied"
  | "quota"
  | "noSuchBucket"
  /** 503 SlowDown and its kin. */
  | "busy"
  /** Nobody answered. Says nothing about the secret. */
  | "unreachable"
  /** An answer that is not S3's: a proxy's page, another service. */
  | "unreadable"
  | "failed";

/** A failed S3 request. RGW's own message is nearly always empty, so it goes by the code. */
export class S3Error extends Error {
  override readonly name = "S3Error";
  readonly kind: S3ErrorKind;
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(
    operation: string,
    kind: S3ErrorKind,
    details: { code: string; requestId?: string | undefined; cause?: unknown },
  ) {
    super([operation, details.code, details.requestId && `request ${details.requestId}`].filter(Boolean).join(": "), {
      cause: details.cause,
    });
    this.kind = kind;
    this.code = details.code;
    this.requestId = details.requestId;
  }
}

const kinds: Readonly<Record<string, S3ErrorKind>> = {
  SignatureDoesNotMatch: "rejected",
  InvalidAccessKeyId: "unknownKey",
  UserSuspended: "suspended",
  RequestTimeTooSkewed: "clock",
  AccessDenied: "denied",
  QuotaExceeded: "quota",
  NoSuchBucket: "noSuchBucket",
  SlowDown: "busy",
  ServiceUnavailable: "busy",
};

export function kindOfCode(code: string, status: number | undefined): S3ErrorKind {
  return kinds[code] ?? (status === 503 || status === 429 ? "busy" : "failed");
}

/** What the S3 endpoint thinks of a key pair. */
export type Verdict =
  /** `isSuspended`: but the user is not let in. */
  | { readonly verdict: "accepted"; readonly isSuspended?: true }
  /** The endpoint knows the access key id and refuses the secret. */
  | { readonly verdict: "rejected"; readonly error: S3Error }
  /** Nothing was learnt about the secret, or what was learnt makes no difference: see the error's kind. */
  | { readonly verdict: "undecided"; readonly error: S3Error };

/** Reads a verdict off the outcome of one signed request that was sent exactly once. */
export function verdictOf(error: S3Error | undefined): Verdict {
  if (!error) return { verdict: "accepted" };
  switch (error.kind) {
    case "denied":
    case "quota":
      return { verdict: "accepted" };
    case "suspended":
      return { verdict: "accepted", isSuspended: true };
    case "rejected":
      return { verdict: "rejected", error };
    default:
      return { verdict: "undecided", error };
  }
}
