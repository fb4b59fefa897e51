import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import type { TextStore } from "./files.ts";
import { jsonOrNothing } from "./json.ts";
import { type StoredKey, candidates, keyState } from "./keys/vault.ts";
import { fileNameOf } from "./rotation/journal.ts";
import type { Secret } from "./secret.ts";

/** A download link that was issued from here, as it is remembered: never the link itself, which is a secret. */
export interface IssuedLink {
  readonly bucket: string;
  readonly key: string;
  readonly expiresAt: Date;
}

const linkJson = z.object({
  bucket: z.string(),
  key: z.string(),
  expiresAt: z.pipe(
    z.iso.datetime(),
    z.transform((text) => new Date(text)),
  ),
  /** The fingerprint of the secret that the link is signed with, and lives and dies with. */
  signedWith: z.string(),
});
type LinkFile = z.infer<typeof linkJson>;

/** Links that are remembered for each user. */
const linksAtMost = 200;

/** A file, and the link in it. */
type Entry = readonly [name: string, link: LinkFile | undefined];

export interface LinkPorts {
  readonly store: TextStore;
  readonly platformOrigin: string;
  readonly s3Origin: string;
  /** Asked only where there are links: SecretStorage may be out of order. */
  readonly storedKey: (userId: string) => Promise<StoredKey | undefined>;
  readonly fingerprint: (secret: Secret) => Promise<string>;
  readonly now: () => Date;
}

/**
 * The links that were issued from this computer, for the users of one platform and one S3 endpoint. Each is a file of its
 * own, so that no window overwrites what another has just written. A link is known to be dead by the secret that it is
 * signed with, in whatever way and wherever the key was rotated. Every method throws what the ports throw.
 */
export class IssuedLinks {
  readonly #ports: LinkPorts;

  constructor(ports: LinkPorts) {
    this.#ports = ports;
  }

  /** Remembers a link. Of more than 200 of a user's those that live longest stay. */
  async record(userId: string, { bucket, key, expiresAt }: IssuedLink, secret: Secret): Promise<void> {
    await this.#sweep();
    const link = { bucket, key, expiresAt, signedWith: await this.#ports.fingerprint(secret) };
    await this.#ports.store.write(`${this.#start(userId)}${randomUUID()}.json`, JSON.stringify(link));
    const entries = await this.#entries(this.#start(userId));
    await this.#remove(entries.toSorted(byLife).slice(linksAtMost));
  }

  /** The links of a user that work, as far as is known here, the one that lives longest first. */
  async alive(userId: string): Promise<readonly IssuedLink[]> {
    const links = (await this.#entries(this.#start(userId))).toSorted(byLife).flatMap(([, link]) => link ?? []);
    const unexpired = links.filter((link) => !this.#isExpired(link));
    if (unexpired.length === 0) return [];
    const stored = await this.#ports.storedKey(userId);
    if (keyState(stored) === "rejected") return [];
    const signers = await this.#signers(stored);
    return unexpired
      .filter(({ signedWith }) => signers?.has(signedWith) ?? true)
      .map(({ bucket, key, expiresAt }) => ({ bucket, key, expiresAt }));
  }

  /** The user's stored key is another one: forgets the links signed with a secret that it does not have any more. */
  async forgetDead(userId: string): Promise<void> {
    const entries = await this.#entries(this.#start(userId));
    if (entries.length === 0) return;
    const signers = await this.#signers(await this.#ports.storedKey(userId));
    await this.#remove(entries.filter(([, link]) => !link || signers?.has(link.signedWith) === false));
  }

  /**
   * The fingerprints of the secrets that a link may live with. While a rotation is not proved, that from before may be the
   * live one still; where no key is stored, nothing says that a link is dead.
   */
  async #signers(stored: StoredKey | undefined): Promise<ReadonlySet<string> | undefined> {
    return stored && new Set(await Promise.all(candidates(stored).map((secret) => this.#ports.fingerprint(secret))));
  }

  /** Of all users: nobody may ever ask for some of them again. */
  async #sweep(): Promise<void> {
    const entries = await this.#entries("");
    await this.#remove(entries.filter(([, link]) => !link || this.#isExpired(link)));
  }

  async #entries(start: string): Promise<readonly Entry[]> {
    const names = (await this.#ports.store.names()).filter((name) => name.startsWith(start));
    return await Promise.all(
      names.map(async (name): Promise<Entry> => {
        const parsed = linkJson.safeParse(jsonOrNothing(await this.#ports.store.read(name)));
        return [name, parsed.success ? parsed.data : undefined];
      }),
    );
  }

  async #remove(entries: readonly Entry[]): Promise<void> {
    await Promise.all(entries.map(([name]) => this.#ports.store.remove(name)));
  }

  #isExpired({ expiresAt }: LinkFile): boolean {
    return expiresAt <= this.#ports.now();
  }

  #start(userId: string): string {
    const { platformOrigin, s3Origin } = this.#ports;
    return `${fileNameOf(platformOrigin, s3Origin, userId)}-`;
  }
}

function byLife([, left]: Entry, [, right]: Entry): number {
  return (right?.expiresAt.getTime() ?? 0) - (left?.expiresAt.getTime() ?? 0);
}
