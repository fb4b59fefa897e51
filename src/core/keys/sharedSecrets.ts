import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod/mini";
import { DiskError, type TextStore } from "../files.ts";
import { jsonOrNothing } from "../json.ts";
import type { Locks } from "../lock.ts";
import { NotStoredError, type SecretStore, patiently } from "./vault.ts";

const entry = "last write";
const file = "last-write.json";
const lastWriteJson = z.object({ id: z.string(), at: z.number() });

/** How long is waited: milliseconds. */
export interface SharingPatience {
  /** For SecretStorage to write, and for another window's turn to end. A keyring may have to be unlocked first. */
  readonly writing: number;
  /** For what another window has stored to be seen here. */
  readonly seeing: number;
}

const usualPatience: SharingPatience = { writing: 60_000, seeing: 3_000 };
const pause = 20;

/**
 * SecretStorage for several windows at once. Where VS Code runs in a browser, each window reads all secrets once, when it is
 * loaded, and writes all of them back with every change: a window that has not seen what another one stored since would
 * destroy it. So every write leaves a mark both in SecretStorage and in a file, one window at a time, and a window that does
 * not see the latest mark does not write. Reading is never refused, and a disk that takes no mark does not keep a secret from
 * being stored.
 */
export class SharedSecrets implements SecretStore {
  readonly #secrets: SecretStore;
  readonly #files: TextStore;
  readonly #locks: Pick<Locks, "take">;
  /** What was stored before is seen by this window, or lost to all of them. */
  readonly #startedAt = Date.now();
  readonly #patience: SharingPatience;
  /** The latest mark that this window has seen, or made itself. */
  #seen: string | undefined;

  /** @param files shared by all windows, as the locks are */
  constructor(secrets: SecretStore, files: TextStore, locks: Pick<Locks, "take">, patience = usualPatience) {
    this.#secrets = secrets;
    this.#files = files;
    this.#locks = locks;
    this.#patience = patience;
  }

  get(key: string): PromiseLike<string | undefined> {
    return this.#secrets.get(key);
  }

  /** @throws NotStoredError (`unseen`) when another window has stored something that this one does not see */
  async store(key: string, value: string): Promise<void> {
    await this.#inTurn(() => this.#secrets.store(key, value));
  }

  /** @throws as {@link store} */
  async delete(key: string): Promise<void> {
    await this.#inTurn(() => this.#secrets.delete(key));
  }

  async #inTurn(write: () => PromiseLike<void>): Promise<void> {
    const release = await unlessDiskFails(() => this.#turn());
    try {
      await this.#untilSeen();
      const id = randomUUID();
      await patiently(write, this.#patience.writing);
      await patiently(() => this.#secrets.store(entry, id), this.#patience.writing);
      const isMarked = await unlessDiskFails(async () => {
        await this.#files.write(file, JSON.stringify({ id, at: Date.now() }));
        return true;
      });
      // A disk that takes no mark leaves the one from before, which this window knows, too.
      if (isMarked) this.#seen = id;
    } finally {
      await release?.();
    }
  }

  async #turn(): Promise<() => Promise<void>> {
    for (let waited = 0; ; waited += pause) {
      const attempt = await this.#locks.take("secrets");
      if (attempt.held) return attempt.release;
      if (waited >= this.#patience.writing) throw new NotStoredError();
      await delay(pause);
    }
  }

  /** Elsewhere than in a browser, it is a matter of milliseconds. */
  async #untilSeen(): Promise<void> {
    const text = await unlessDiskFails(() => this.#files.read(file));
    const { data: last } = lastWriteJson.safeParse(jsonOrNothing(text));
    if (!last || last.at < this.#startedAt || last.id === this.#seen) return;
    const get = (): PromiseLike<string | undefined> => this.#secrets.get(entry);
    for (let waited = 0; (await patiently(get, this.#patience.writing)) !== last.id; waited += pause) {
      if (waited >= this.#patience.seeing) throw new NotStoredError(undefined, "unseen");
      await delay(pause);
    }
    this.#seen = last.id;
  }
}

async function unlessDiskFails<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}
