import { setTimeout as delay } from "node:timers/promises";
import { DiskError, type TextStore } from "../../src/core/files.ts";
import type { SecretStore } from "../../src/core/keys/vault.ts";
import type { FaultOptions } from "../sandbox/faults.ts";
import type { Quirks } from "../sandbox/quirks.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Disturbance } from "./phases.ts";

/** Something that goes wrong while a phase lasts, or from it on. */
export interface Fault {
  readonly name: string;
  /** At the services. */
  readonly begin?: (sandbox: Sandbox, userId: string) => Promise<void> | void;
  /** On the computer. */
  readonly disturbance?: Disturbance;
  /** What SecretStorage holds is gone after a restart. */
  readonly losesSecrets?: boolean;
  /** What is said is not true; what the platform says falsely, S3 gives away where there is a secret from before to ask about. */
  readonly liar?: "S3" | "platform";
  /** The key is rotated by somebody else. */
  readonly isElsewhere?: boolean;
}

const hour = 60 * 60 * 1000;

/** When nobody waits for the platform any more, but soon enough for it to be noticed. Milliseconds. */
const tooLate = 1_060;

export const faults: readonly Fault[] = [
  platform("cut before acting", { kind: "cut", when: "before" }),
  platform("cut after acting", { kind: "cut", when: "after" }),
  platform("cut in the answer", { kind: "cut", when: "midway" }),
  platform("acts too late", { kind: "latency", ms: tooLate }),
  platform("401", { kind: "status", status: 401, code: "unauthorized" }),
  platform("403", { kind: "status", status: 403, code: "forbidden" }),
  {
    ...platform("403 after acting", { kind: "status", status: 403, code: "forbidden", acted: true }),
    liar: "platform",
  },
  platform("404", { kind: "status", status: 404, code: "not_found" }),
  platform("409", { kind: "status", status: 409, code: "conflict" }),
  platform("422", { kind: "status", status: 422, code: "validation_failed" }),
  platform("429 Retry-After", { kind: "status", status: 429, code: "rate_limited", retryAfter: "1" }),
  platform("500", { kind: "status", status: 500 }),
  platform("500 after acting", { kind: "status", status: 500, acted: true }),
  platform("502 HTML", { kind: "html", status: 502 }),
  platform("502 HTML after acting", { kind: "html", status: 502, acted: true }),
  platform("504 after acting", { kind: "empty", status: 504, acted: true }),
  platform("200 HTML after acting", { kind: "html", status: 200, acted: true }),
  platform("200 empty after acting", { kind: "empty", status: 200, acted: true }),
  platform("truncated JSON", { kind: "broken-json" }),
  platform("wrong JSON", { kind: "json", body: ["not", "a", "user"] }),
  platform("extra fields", { kind: "json", set: { extra: { secret_key: "x" }, secret_key_hint: "y" } }),
  platform("no secret", { kind: "json", remove: ["secret_key"] }),
  platform("masked secret", { kind: "json", set: { secret_key: "abcd****************" } }),
  platform("empty secret", { kind: "json", set: { secret_key: "" } }),
  platform("another secret", { kind: "json", set: { secret_key: "SomebodyElsesSecretKeyThatS3DoesNotKnow0" } }),
  { ...platform("no access key id", { kind: "json", remove: ["access_key_id"] }), liar: "platform" },
  platform("a lock state that is none", { kind: "json", set: { locked: "false" } }),
  platform("an access key id that is none", { kind: "json", set: { access_key_id: 5 } }),
  platform("a secret that is none", { kind: "json", set: { secret_key: { hidden: true } } }),
  {
    ...platform("another access key id", { kind: "json", set: { access_key_id: "AKIASOMEBODYELSE0000" } }),
    liar: "platform",
  },
  platform("no lock state", { kind: "json", remove: ["locked"] }),
  platform("slow body", { kind: "slow-body", bytes: 64, everyMs: 10 }),
  locked("locked, secret unmasked", "unchanged"),
  locked("locked, secret masked", "masked"),
  locked("locked, secret missing", "missing"),
  locked("locked, secret empty", "empty"),
  {
    ...locked("locked, claims not to be", "unchanged", { kind: "json", set: { locked: false } }),
    liar: "platform",
  },
  {
    name: "rotated elsewhere",
    begin: renewElsewhere,
    isElsewhere: true,
  },
  s3("S3 cut", { kind: "cut", when: "before" }),
  s3("S3 silent", { kind: "slow-body", bytes: 1, everyMs: 2_000 }),
  s3("S3 SlowDown", { kind: "status", status: 503, code: "SlowDown" }),
  s3("S3 500", { kind: "status", status: 500, code: "InternalError" }),
  s3("S3 HTML", { kind: "html", status: 200 }),
  s3("S3 wrong clock", { kind: "status", status: 403, code: "RequestTimeTooSkewed" }),
  s3("S3 unknown key", { kind: "status", status: 403, code: "InvalidAccessKeyId" }),
  { ...s3("S3 rejects wrongly", { kind: "status", status: 403, code: "SignatureDoesNotMatch" }), liar: "S3" },
  { name: "S3 user suspended", begin: (sandbox, userId) => sandbox.setSuspended(userId, true) },
  storage("storage throws", () => failing),
  storage("storage late", late),
  storage("storage silent", () => silent),
  storage("storage forgets", (secrets) => ({ ...bound(secrets), store: async () => {} })),
  storage("storage answers otherwise", (secrets) => ({ ...bound(secrets), get: async () => '{"not":"it"}' })),
  { name: "storage in memory only", losesSecrets: true },
  disk("disk full", "ENOSPC"),
  disk("disk read-only", "EROFS"),
  { name: "clock jumps ahead", disturbance: { clockOffset: 2 * hour } },
  { name: "clock jumps back", disturbance: { clockOffset: -2 * hour } },
];

function platform(name: string, fault: FaultOptions): Fault {
  return { name, begin: (sandbox) => void sandbox.faults.platform.add({ path: "/rgw/users/*", ...fault }) };
}

function s3(name: string, fault: FaultOptions): Fault {
  return { name, begin: (sandbox) => void sandbox.faults.s3.add(fault) };
}

/** A lock by somebody else, and a platform that answers a locked user's renewal in this way. */
function locked(name: string, lockedRenewal: Quirks["lockedRenewal"], fault?: FaultOptions): Fault {
  return {
    name,
    begin: async (sandbox, userId) => {
      await sandbox.setLocked(userId, true);
      sandbox.setQuirks({ lockedRenewal });
      if (fault) sandbox.faults.platform.add({ path: "/rgw/users/*/renew_key", ...fault });
    },
  };
}

async function renewElsewhere({ platformUrl, tokens }: Sandbox, userId: string): Promise<void> {
  const headers = { authorization: `Bearer ${tokens.admin}` };
  await fetch(`${platformUrl}/rgw/users/${userId}/renew_key`, { method: "POST", headers });
}

function storage(name: string, secrets: (secrets: SecretStore) => SecretStore): Fault {
  return { name, disturbance: { secrets } };
}

function disk(name: string, code: string): Fault {
  const refuse = async (): Promise<never> => Promise.reject(new DiskError("the folder", { code }));
  const texts = (store: TextStore): TextStore => ({
    read: (file) => store.read(file),
    names: () => store.names(),
    write: refuse,
    remove: refuse,
  });
  return { name, disturbance: { texts } };
}

const fails = async (): Promise<never> => Promise.reject(new Error("The keyring is locked."));
const failing: SecretStore = { get: fails, store: fails, delete: fails };

const never = (): Promise<never> => new Promise(() => {});
const silent: SecretStore = { get: never, store: never, delete: never };

function late(secrets: SecretStore): SecretStore {
  const later = async <T>(work: () => PromiseLike<T>): Promise<T> => {
    await delay(40);
    return await work();
  };
  return {
    get: (key) => later(() => secrets.get(key)),
    store: (key, value) => later(() => secrets.store(key, value)),
    delete: (key) => later(() => secrets.delete(key)),
  };
}

function bound(secrets: SecretStore): SecretStore {
  return {
    get: (key) => secrets.get(key),
    store: (key, value) => secrets.store(key, value),
    delete: (key) => secrets.delete(key),
  };
}
