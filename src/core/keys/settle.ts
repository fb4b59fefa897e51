import type { Verdict } from "../s3/errors.ts";
import type { Secret } from "../secret.ts";
import type { StoredKey } from "./vault.ts";

export interface SettlePorts {
  readonly judge: (accessKeyId: string, secret: Secret) => Promise<Verdict>;
  readonly accept: (accessKeyId: string, secret: Secret) => Promise<void>;
  readonly reject: () => Promise<void>;
}

/**
 * Asks S3 which of a user's stored secrets is the live one, and notes the answer. A held secret is asked first: if it is
 * good, the one before it is dead. Nothing is noted where S3's answer says nothing about the secret.
 */
export async function settleKey(key: StoredKey, ports: SettlePorts): Promise<Verdict> {
  const secrets = [key.held, key.secret].filter((secret) => secret !== undefined);
  let last: Verdict | undefined;
  for (const secret of secrets) {
    const verdict = await ports.judge(key.accessKeyId, secret);
    if (verdict.verdict === "accepted") {
      await ports.accept(key.accessKeyId, secret);
      return verdict;
    }
    // One undecided answer leaves everything open, whatever the other secret's answer is.
    if (last?.verdict !== "undecided") last = verdict;
  }
  if (!last) throw new RangeError("There is no stored secret to ask about.");
  if (last.verdict === "rejected") await ports.reject();
  return last;
}
