import type { SecretStore } from "../../src/core/keys/vault.ts";
import type { TextStore } from "../../src/core/files.ts";
import type { RotationPorts } from "../../src/core/rotation/ports.ts";
import type { Computer, Parts } from "./computer.ts";

/** The steps of a rotation in their order, each named by what it is about to do. */
export const phases = [
  "read the user",
  "try the storage",
  "ask S3 before",
  "journal requested",
  "send the request",
  "hold the secret",
  "journal received",
  "journal held",
  "prove the new",
  "accept the new",
  "journal proved",
  "prove the old dead",
  "close the journal",
] as const;
export type Phase = (typeof phases)[number];

/** Called whenever a phase is about to do something, and again with `after` when it has done it. */
export type Watch = (phase: Phase, when: "before" | "after") => Promise<void> | void;

/** What is done to the parts of a computer while a fault is on. */
export interface Disturbance {
  readonly secrets?: (secrets: SecretStore) => SecretStore;
  readonly texts?: (texts: TextStore) => TextStore;
  readonly clockOffset?: number;
}

/**
 * A computer's ports that tell which phase a rotation is in. The storage's operations belong to the phase that they follow
 * from: before the request they try the storage, after it they hold the secret, and once S3 was asked they accept it.
 */
export function watched(computer: Computer, watch: Watch, disturbance: () => Disturbance): RotationPorts {
  let stage: "before" | "answered" | "proving" = "before";
  const storagePhase = (): Phase =>
    stage === "before" ? "try the storage" : stage === "answered" ? "hold the secret" : "accept the new";
  const step = async <T>(phase: Phase, work: () => PromiseLike<T>): Promise<T> => {
    await watch(phase, "before");
    const result = await work();
    await watch(phase, "after");
    return result;
  };
  const disturbed = ({ secrets, open, receipts, marks }: Parts): Parts => {
    const now = (): SecretStore => disturbance().secrets?.(secrets) ?? secrets;
    const openNow = (): TextStore => disturbance().texts?.(open) ?? open;
    const marksNow = (): TextStore => disturbance().texts?.(marks) ?? marks;
    const receiptsNow = (): TextStore => disturbance().texts?.(receipts) ?? receipts;
    return {
      secrets: {
        get: (key) => step(storagePhase(), () => now().get(key)),
        store: (key, value) => step(storagePhase(), () => now().store(key, value)),
        delete: (key) => step(storagePhase(), () => now().delete(key)),
      },
      open: {
        read: (name) => openNow().read(name),
        names: () => openNow().names(),
        write: (name, text) => step(journalPhase(text), () => openNow().write(name, text)),
        remove: (name) => step("close the journal", () => openNow().remove(name)),
      },
      receipts: {
        read: (name) => receiptsNow().read(name),
        names: () => receiptsNow().names(),
        write: (name, text) => step("close the journal", () => receiptsNow().write(name, text)),
        remove: (name) => receiptsNow().remove(name),
      },
      marks: {
        read: (name) => marksNow().read(name),
        names: () => marksNow().names(),
        write: (name, text) => marksNow().write(name, text),
        remove: (name) => marksNow().remove(name),
      },
      clockOffset: () => disturbance().clockOffset ?? 0,
    };
  };
  const ports = computer.ports(disturbed);
  let newSecret: string | undefined;
  return {
    ...ports,
    readUser: (userId, signal) => step("read the user", () => ports.readUser(userId, signal)),
    judge: (accessKeyId, secret, signal) => {
      const isNew = secret.reveal() === newSecret;
      if (isNew) stage = "proving";
      const phase = stage === "before" ? "ask S3 before" : isNew ? "prove the new" : "prove the old dead";
      return step(phase, () => ports.judge(accessKeyId, secret, signal));
    },
    renewKey: (userId) =>
      step("send the request", async () => {
        const renewed = await ports.renewKey(userId);
        newSecret = renewed.secret?.reveal();
        stage = "answered";
        return renewed;
      }),
  };
}

function journalPhase(text: string): Phase {
  const { phase } = JSON.parse(text) as { readonly phase: "requested" | "received" | "held" | "proved" };
  return `journal ${phase}`;
}
