import type { S3Error, Verdict } from "../s3/errors.ts";
import { untilCertain } from "../s3/patience.ts";
import type { Secret } from "../secret.ts";
import { type StoredKey, type Vault, candidates } from "./vault.ts";

export interface SettlePorts {
  readonly vault: Pick<Vault, "get" | "accept" | "reject">;
  /** One signed request, sent once. */
  readonly judge: (accessKeyId: string, secret: Secret, signal?: AbortSignal) => Promise<Verdict>;
  readonly now: () => Date;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** What S3 says of all that is stored for a user. */
export type Settled =
  | { readonly state: "none" }
  /** This is the live secret; it is the only one kept. */
  | { readonly state: "accepted"; readonly secret: Secret }
  /** None of the stored secrets is the live one. */
  | { readonly state: "rejected" }
  /** Nothing was learnt, and nothing noted. */
  | { readonly state: "undecided"; readonly error: S3Error };

/**
 * Asks S3 which of a user's stored secrets is the live one, and notes the answer. What a rotation brought is asked first:
 * if it is good, the one before it is dead.
 * @throws NotStoredError, and the signal's reason
 */
export async function settleKey(userId: string, ports: SettlePorts, signal?: AbortSignal): Promise<Settled> {
  const key = await ports.vault.get(userId);
  const settled = await judgeStored(key, ports, signal);
  await noteSettled(userId, key, settled, ports);
  return settled;
}

/** Asks only. */
export async function judgeStored(
  key: StoredKey | undefined,
  { judge, wait }: Pick<SettlePorts, "judge" | "wait">,
  signal?: AbortSignal,
): Promise<Settled> {
  if (!key) return { state: "none" };
  const secrets = candidates(key);
  const ask = (secret: Secret): Promise<Verdict> => judge(key.accessKeyId, secret, signal);
  const judged = await judgeAll(secrets, ask);
  if (judged.verdict === "rejected") return { state: "rejected" };
  if (judged.verdict === "undecided") return { state: "undecided", error: judged.error };
  // A gateway may not have learnt yet of a newer secret, which one answer must not cost.
  const newer = secrets.slice(0, secrets.indexOf(judged.secret));
  for (const secret of newer) {
    const verdict = await untilCertain(() => ask(secret), wait);
    if (verdict.verdict === "accepted") return { state: "accepted", secret };
    if (verdict.verdict === "undecided") return { state: "undecided", error: verdict.error };
  }
  return { state: "accepted", secret: judged.secret };
}

/**
 * Notes only.
 * @throws NotStoredError
 */
export async function noteSettled(
  userId: string,
  key: StoredKey | undefined,
  settled: Settled,
  { vault, now }: Pick<SettlePorts, "vault" | "now">,
): Promise<void> {
  if (settled.state === "accepted" && key) await vault.accept(userId, key.accessKeyId, settled.secret, now());
  if (settled.state === "rejected") await vault.reject(userId, now());
}

/** `accepted`: one of several secrets is the live one, which is then named. */
type Judged =
  Exclude<Verdict, { verdict: "accepted" }> | (Extract<Verdict, { verdict: "accepted" }> & { readonly secret: Secret });

/** Asks about one after the other. One undecided answer leaves everything open, whatever the other rejections are. */
export async function judgeAll(
  secrets: readonly Secret[],
  judge: (secret: Secret) => Promise<Verdict>,
): Promise<Judged> {
  let last: Exclude<Verdict, { verdict: "accepted" }> | undefined;
  for (const secret of secrets) {
    const verdict = await judge(secret);
    if (verdict.verdict === "accepted") return { ...verdict, secret };
    if (last?.verdict !== "undecided") last = verdict;
  }
  if (!last) throw new RangeError("There is no secret to ask about.");
  return last;
}
