import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import type { TextStore } from "../files.ts";
import { jsonOrNothing } from "../json.ts";
import { NotStoredError, type SecretStore, patiently } from "./vault.ts";

const entry = "canary that stays";
const file = "canary.json";
const canaryJson = z.object({
  id: z.string(),
  /** In which it was put there. */
  session: z.string(),
  /** An earlier one was lost, and this one has not lasted yet. */
  isSuspect: z.boolean(),
});
type Canary = z.infer<typeof canaryJson>;

/**
 * Tells whether SecretStorage keeps what it is given beyond a session. Where the system has no keyring, VS Code keeps secrets
 * in memory only and does not say so to an extension: it reads back what was stored, and has lost it after a restart. So a
 * canary is left in it, and looked for by later sessions. The first session of all cannot know.
 */
export class Endurance {
  readonly #secrets: SecretStore;
  readonly #files: TextStore;
  readonly #session: string;
  readonly #patience: number | undefined;

  /**
   * @param session ends when what SecretStorage holds in memory is lost; VS Code's `env.sessionId`
   * @param patienceMs how long SecretStorage may take for one thing
   */
  constructor(secrets: SecretStore, files: TextStore, session: string, patienceMs?: number) {
    this.#secrets = secrets;
    this.#files = files;
    this.#session = session;
    this.#patience = patienceMs;
  }

  /** @throws NotStoredError (`forgets`) until a canary has outlived its session; DiskError */
  async check(): Promise<void> {
    const canary = await this.#read();
    if (!canary) return await this.#put(false);
    const isThere = (await patiently(() => this.#secrets.get(entry), this.#patience)) === canary.id;
    if (!isThere) {
      await this.#put(true);
      throw new NotStoredError(undefined, "forgets");
    }
    if (!canary.isSuspect) return;
    if (canary.session === this.#session) throw new NotStoredError(undefined, "forgets");
    await this.#put(false);
  }

  async #read(): Promise<Canary | undefined> {
    const parsed = canaryJson.safeParse(jsonOrNothing(await this.#files.read(file)));
    return parsed.success ? parsed.data : undefined;
  }

  async #put(isSuspect: boolean): Promise<void> {
    const canary: Canary = { id: randomUUID(), session: this.#session, isSuspect };
    await patiently(() => this.#secrets.store(entry, canary.id), this.#patience);
    await this.#files.write(file, JSON.stringify(canary));
  }
}
