import type { SecretStore } from "../../src/core/keys/vault.ts";
import type { TextStore } from "../../src/core/files.ts";
import type { LockAttempt } from "../../src/core/lock.ts";

/** SecretStorage in memory. What is in it outlives whatever is built on top, as VS Code's outlives a window. */
export class MemorySecrets implements SecretStore {
  readonly entries = new Map<string, string>();

  async get(key: string): Promise<string | undefined> {
    return this.entries.get(key);
  }

  async store(key: string, value: string): Promise<void> {
    this.entries.set(key, value);
  }

  async delete(key: string): Promise<void> {
    this.entries.delete(key);
  }
}

/** A folder in memory; test/unit/core/files.test.ts holds it to what a real one does. */
export class MemoryTexts implements TextStore {
  readonly texts = new Map<string, string>();

  async read(name: string): Promise<string | undefined> {
    return this.texts.get(name);
  }

  async write(name: string, text: string): Promise<void> {
    this.texts.set(name, text);
  }

  async remove(name: string): Promise<void> {
    this.texts.delete(name);
  }

  async names(): Promise<readonly string[]> {
    return [...this.texts.keys()];
  }
}

/** Locks within this process. */
export class MemoryLocks {
  readonly #held = new Set<string>();

  async take(name: string): Promise<LockAttempt> {
    if (this.#held.has(name)) {
      return { held: false, holder: { pid: 1, since: new Date(0), where: "elsewhere" } };
    }
    this.#held.add(name);
    return { held: true, release: async () => void this.#held.delete(name) };
  }

  /** As the system does when a process ends. */
  releaseAll(): void {
    this.#held.clear();
  }
}
