import type { RenewedKey, RgwUser } from "../platform/schema.ts";
import { PlatformError } from "../platform/errors.ts";
import type { S3Error, Verdict } from "../s3/errors.ts";
import type { Secret } from "../secret.ts";

/** What a rotation needs of the world; each for the one user that is rotated. */
export interface RotationPorts {
  /** The user as it is now, not as a list once showed it. */
  readonly readUser: () => Promise<RgwUser>;
  /** Fails when SecretStorage does not keep what it is given. */
  readonly checkStorage: () => Promise<void>;
  /** The secret that was stored for the user before, if any. */
  readonly storedSecret: () => Promise<Secret | undefined>;
  /** Called at most once, when the point of no return is reached. */
  readonly renewKey: () => Promise<RenewedKey>;
  /** Persists the new secret beside the old one, and reads it back. */
  readonly hold: (accessKeyId: string, secret: Secret) => Promise<void>;
  /** One signed request, sent once. */
  readonly judge: (accessKeyId: string, secret: Secret) => Promise<Verdict>;
  /** The new secret is the one now. */
  readonly accept: (accessKeyId: string, secret: Secret) => Promise<void>;
  readonly wait: (milliseconds: number) => Promise<void>;
}

export interface Credential {
  readonly accessKeyId: string;
  readonly secret: Secret;
}

export type Rotation =
  /** Nothing was rotated, because the user is locked; `before`: seen before the call, `meanwhile`: in its answer. */
  | { readonly outcome: "locked"; readonly seen: "before" | "meanwhile" }
  /** The platform answered the secret that was known already. */
  | { readonly outcome: "unchanged" }
  /** S3 accepts the new secret; the old one is dead. */
  | { readonly outcome: "rotated"; readonly credential: Credential }
  /** The new secret is stored, but S3 has not accepted it (yet); the old one is kept beside it. */
  | { readonly outcome: "unproven"; readonly credential: Credential; readonly error: S3Error }
  /** The new secret exists only here: SecretStorage did not take it. */
  | { readonly outcome: "notStored"; readonly credential: Credential; readonly cause: unknown }
  /** The answer had no secret in clear. Nothing was stored. */
  | { readonly outcome: "masked"; readonly oldSecret: OldSecret }
  /** The request was sent, and no usable answer came. */
  | { readonly outcome: "lost"; readonly error: PlatformError; readonly oldSecret: OldSecret };

/** What became of the secret stored before: `accepted` means that nothing was rotated, `rejected` that it was. */
export type OldSecret = "accepted" | "rejected" | "undecided" | "none";

/** Waits between the questions to S3: a secret may reach one gateway later than another. Milliseconds. */
const patience = [250, 1_000, 3_000];

/**
 * Gives a user a new secret. The old one is dead as soon as the platform acts, and the new one is shown only once: so all
 * that can fail is tried before the call, and the first thing done with its answer is to store it.
 * Throws what the ports throw before the call, and a {@link PlatformError} of a call that cannot have taken effect.
 */
export async function rotateKey(ports: RotationPorts): Promise<Rotation> {
  const user = await ports.readUser();
  if (user.locked) return { outcome: "locked", seen: "before" };
  await ports.checkStorage();
  const old = await ports.storedSecret();

  let renewed: RenewedKey;
  try {
    renewed = await ports.renewKey();
  } catch (error) {
    if (!(error instanceof PlatformError && error.mayHaveActed)) throw error;
    return { outcome: "lost", error, oldSecret: await judgeOld(user, old, ports) };
  }
  if (renewed.locked) return { outcome: "locked", seen: "meanwhile" };

  const { secret } = renewed;
  if (!secret) return { outcome: "masked", oldSecret: await judgeOld(user, old, ports) };
  if (old?.equals(secret)) return { outcome: "unchanged" };
  // The access key id never changes; an answer that lacks it must not cost the secret.
  return await secure({ accessKeyId: renewed.accessKeyId ?? user.accessKeyId, secret }, ports);
}

async function secure(credential: Credential, ports: RotationPorts): Promise<Rotation> {
  const { accessKeyId, secret } = credential;
  try {
    await ports.hold(accessKeyId, secret);
  } catch (cause) {
    return { outcome: "notStored", credential, cause };
  }
  const verdict = await judgePatiently(credential, ports);
  if (verdict.verdict !== "accepted") return { outcome: "unproven", credential, error: verdict.error };
  try {
    await ports.accept(accessKeyId, secret);
  } catch (cause) {
    return { outcome: "notStored", credential, cause };
  }
  return { outcome: "rotated", credential };
}

async function judgePatiently({ accessKeyId, secret }: Credential, ports: RotationPorts): Promise<Verdict> {
  let verdict = await ports.judge(accessKeyId, secret);
  for (const pause of patience) {
    const mayChange =
      verdict.verdict === "rejected" || (verdict.verdict === "undecided" && verdict.error.kind === "busy");
    if (!mayChange) break;
    await ports.wait(pause);
    verdict = await ports.judge(accessKeyId, secret);
  }
  return verdict;
}

async function judgeOld(user: RgwUser, old: Secret | undefined, ports: RotationPorts): Promise<OldSecret> {
  if (!old) return "none";
  const { verdict } = await ports.judge(user.accessKeyId, old);
  return verdict;
}
