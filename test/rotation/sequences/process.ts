/** Where a process ends: at which of its calls to the outside, and whether that call still takes effect. */
export interface Crash {
  readonly call: number;
  readonly when: "before" | "after";
}

/**
 * A window's process. All that it does outside goes through here; once it has ended, no call comes back any more, so that
 * nothing in it goes on.
 */
export class Process {
  readonly #crash: Crash | undefined;
  readonly #pace: readonly number[];
  readonly #died = Promise.withResolvers<"died">();
  #calls = 0;
  #isDead = false;

  /** @param pace how many turns of the event loop each call takes, again and again: what interleaves two processes */
  constructor(crash?: Crash, pace: readonly number[] = []) {
    this.#crash = crash;
    this.#pace = pace;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  async through<T>(work: () => PromiseLike<T>): Promise<T> {
    const call = ++this.#calls;
    for (let turns = this.#pace[call % this.#pace.length] ?? 0; turns > 0; turns--) await Promise.resolve();
    const end = call === this.#crash?.call ? this.#crash.when : undefined;
    if (end === "before") this.#die();
    if (this.#isDead) return await never();
    try {
      return await work();
    } finally {
      if (end === "after") this.#die();
      // Also of what another part of the process had under way when it ended.
      if (this.#isDead) await never();
    }
  }

  /** What comes of it, or that the process ended before. */
  async run<T>(work: Promise<T>): Promise<T | "died"> {
    return await Promise.race([work, this.#died.promise]);
  }

  #die(): void {
    this.#isDead = true;
    this.#died.resolve("died");
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
