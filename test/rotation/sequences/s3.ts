import { S3Error, type S3ErrorKind, type Verdict } from "../../../src/core/s3/errors.ts";
import type { Secret } from "../../../src/core/secret.ts";
import type { KeyLookup } from "../../sandbox/backend.ts";

/** Why an S3 endpoint gives no verdict; `busy`: every other time. */
export type S3Trouble = "unreachable" | "clock" | "busy";

const codes = { unreachable: "ECONNREFUSED", clock: "RequestTimeTooSkewed", busy: "SlowDown" } as const;

/** What an S3 endpoint says of key pairs; test/contract/judge.test.ts holds it to what the real ones say. */
export class S3Double {
  trouble: S3Trouble | undefined;
  readonly #lookup: KeyLookup;
  #requests = 0;

  constructor(lookup: KeyLookup) {
    this.#lookup = lookup;
  }

  judge(accessKeyId: string, secret: Secret): Verdict {
    const isTurnedAway = this.trouble !== "busy" || this.#requests++ % 2 === 0;
    if (this.trouble && isTurnedAway) return { verdict: "undecided", error: error(this.trouble, codes[this.trouble]) };
    const identity = this.#lookup(accessKeyId);
    if (!identity) return { verdict: "undecided", error: error("unknownKey", "InvalidAccessKeyId") };
    // The signature is judged before the user's state, so that a suspended user's good secret counts as good.
    if (identity.secretKey === secret.reveal()) return { verdict: "accepted" };
    return { verdict: "rejected", error: error("rejected", "SignatureDoesNotMatch") };
  }
}

function error(kind: S3ErrorKind, code: string): S3Error {
  return new S3Error("ListBuckets", kind, { code });
}
