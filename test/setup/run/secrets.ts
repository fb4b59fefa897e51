import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A file with a secret in it. Which one is not said: this is going to be printed. */
export interface Leak {
  readonly file: string;
  /** In bytes. */
  readonly offset: number;
}

/** Searches all files below a directory for secrets: as they are, percent-encoded, and in Base64. */
export async function findLeaks(dir: string, secrets: Iterable<string>): Promise<readonly Leak[]> {
  const needles = new Needles(secrets);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const leaks: Leak[] = [];
  for (const entry of entries.filter((it) => it.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const offset = needles.findIn(await readFile(file));
    if (offset !== undefined) leaks.push({ file, offset });
  }
  return leaks;
}

/** Shorter ones would be found by chance; the sandbox gives out none. */
const shortest = 8;

/** Thousands of texts to be found in one pass, sorted by their first four bytes. */
class Needles {
  readonly #byStart = new Map<number, Buffer[]>();

  constructor(secrets: Iterable<string>) {
    for (const secret of new Set(secrets)) {
      if (secret.length < shortest) continue;
      for (const form of new Set([secret, encodeURIComponent(secret), ...inBase64(secret)]))
        this.#add(Buffer.from(form));
    }
  }

  findIn(text: Buffer): number | undefined {
    for (let at = 0; at + shortest <= text.length; at++) {
      const candidates = this.#byStart.get(text.readUInt32LE(at));
      if (candidates?.some((it) => text.subarray(at, at + it.length).equals(it)) === true) return at;
    }
    return undefined;
  }

  #add(needle: Buffer): void {
    const start = needle.readUInt32LE(0);
    this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), needle]);
  }
}

/** What Base64 makes of a text depends on where in a group of three bytes it begins; its first and last digits also on its neighbours. */
function inBase64(secret: string): readonly string[] {
  return [0, 1, 2].map((shift) => {
    const digits = Buffer.from(" ".repeat(shift) + secret)
      .toString("base64")
      .replace(/=+$/, "");
    return digits.slice(shift === 0 ? 0 : shift + 1, -1);
  });
}
