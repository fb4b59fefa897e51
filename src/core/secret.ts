const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A secret key or token that cannot be printed by accident: every way of turning it into text answers `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    if (value === "") throw new TypeError("A secret cannot be empty.");
    this.#value = value;
  }

  /** The secret itself: for signing, storing, and for copying on a person's request. Nowhere else. */
  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect](): string {
    return "[secret]";
  }
}
