import * as fc from "fast-check";
import type { Concern } from "../../../src/core/rotation/inspect.ts";
import { type Quirks } from "../../sandbox/quirks.ts";
import { type Answer, answers } from "./platform.ts";
import type { Crash } from "./process.ts";
import type { S3Trouble } from "./s3.ts";
import type { DiskTrouble, StorageTrouble } from "./stores.ts";

/** One of the platform's two users. */
export type Which = 0 | 1;

/** Something that changes around the extension, and that it is not told of. */
export type Change =
  | { readonly what: "lock" | "unlock" | "elsewhere"; readonly user: Which }
  | { readonly what: "s3"; readonly trouble: S3Trouble | undefined }
  | { readonly what: "storage"; readonly trouble: StorageTrouble | undefined }
  | { readonly what: "disk"; readonly trouble: DiskTrouble | undefined }
  | { readonly what: "platform"; readonly isDown: boolean }
  | { readonly what: "keyring"; readonly isVolatile: boolean };

/** A rotation, and what happens to its request. */
export interface Rotate {
  readonly user: Which;
  readonly confirmed: readonly Concern["kind"][];
  readonly answer: Answer;
  readonly lockedRenewal: Quirks["lockedRenewal"];
  /** When the request arrives at the platform. */
  readonly meanwhile: readonly Change[];
}

const ones = ["verify", "enter", "forget", "dismiss", "recover", "storeAgain"] as const;
/** What a person does with one user's stored key, short of rotating it. `storeAgain`: what SecretStorage did not take. */
export type One = (typeof ones)[number];

export type Operation =
  | { readonly kind: "rotate"; readonly rotate: Rotate; readonly crash?: Crash | undefined }
  /** Both users' keys at once, in one window. */
  | {
      readonly kind: "both";
      readonly rotates: readonly [Rotate, Rotate];
      readonly pace: readonly number[];
      readonly crash?: Crash | undefined;
    }
  /** Something else with the same user in a second window: as soon as the rotation has begun, or while it is requested. */
  | { readonly kind: "twice"; readonly rotate: Rotate; readonly other: One | "rotate"; readonly atRenewal: boolean }
  | { readonly kind: "one"; readonly one: One; readonly user: Which; readonly crash?: Crash | undefined }
  | { readonly kind: "restart"; readonly crash?: Crash | undefined }
  | { readonly kind: "change"; readonly change: Change };

/** What the extension knows of the two users at first. */
export interface Start {
  readonly stored: readonly ["live" | "stale" | "none", "live" | "stale" | "none"];
}

const which = fc.constantFrom<Which>(0, 1);
/** A rotation makes about 45 calls, a recovery 20. */
const crash = fc.option(
  fc.record({ call: fc.integer({ min: 1, max: 50 }), when: fc.constantFrom("before", "after") }),
  {
    nil: undefined,
    freq: 2,
  },
);

const changeOf = (user: fc.Arbitrary<Which>): fc.Arbitrary<Change> =>
  fc.record({ what: fc.constantFrom("lock", "unlock", "elsewhere"), user });
const change = fc.oneof(
  changeOf(which),
  fc.record({ what: fc.constant("s3"), trouble: fc.constantFrom(undefined, "unreachable", "clock", "busy") }),
  fc.record({ what: fc.constant("storage"), trouble: fc.constantFrom(undefined, "throws", "forgets") }),
  fc.record({ what: fc.constant("disk"), trouble: fc.constantFrom(undefined, "full", "readOnly") }),
  { arbitrary: fc.record({ what: fc.constant("platform"), isDown: fc.boolean() }), weight: 1 },
  fc.record({ what: fc.constant("keyring"), isVolatile: fc.boolean() }),
) as fc.Arbitrary<Change>;

const rotateOf = (user: fc.Arbitrary<Which>, changes: fc.Arbitrary<Change>): fc.Arbitrary<Rotate> =>
  fc.record({
    user,
    confirmed: fc.oneof(
      fc.constant<readonly Concern["kind"][]>(["storage", "s3", "elsewhere"]),
      fc.subarray<Concern["kind"]>(["storage", "s3", "elsewhere"]),
    ),
    answer: fc.oneof(fc.constant<Answer>("ordinary"), fc.constantFrom(...answers)),
    lockedRenewal: fc.constantFrom("unchanged", "masked", "empty", "missing"),
    meanwhile: fc.oneof(
      { arbitrary: fc.constant<readonly Change[]>([]), weight: 3 },
      { arbitrary: fc.array(changes, { minLength: 1, maxLength: 2 }), weight: 1 },
    ),
  });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant("rotate"), rotate: rotateOf(which, change), crash }), weight: 6 },
  {
    arbitrary: fc.record({
      kind: fc.constant("both"),
      // What changes for both must not do so at a moment that depends on which one is faster.
      rotates: fc.tuple(
        rotateOf(fc.constant(0), changeOf(fc.constant(0))),
        rotateOf(fc.constant(1), changeOf(fc.constant(1))),
      ),
      pace: fc.array(fc.nat(4), { minLength: 1, maxLength: 5 }),
      crash,
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("twice"),
      rotate: rotateOf(which, change),
      other: fc.constantFrom("rotate", ...ones),
      atRenewal: fc.boolean(),
    }),
    weight: 1,
  },
  { arbitrary: fc.record({ kind: fc.constant("one"), one: fc.constantFrom(...ones), user: which, crash }), weight: 4 },
  { arbitrary: fc.record({ kind: fc.constant("restart"), crash }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant("change"), change }), weight: 4 },
) as fc.Arbitrary<Operation>;

const stored = fc.oneof(
  { arbitrary: fc.constant("live" as const), weight: 3 },
  { arbitrary: fc.constantFrom("stale" as const, "none" as const), weight: 1 },
);

export const sequence: fc.Arbitrary<readonly [Start, readonly Operation[]]> = fc.tuple(
  fc.record({ stored: fc.tuple(stored, stored) }),
  fc.array(operation, { minLength: 1, maxLength: 12, size: "max" }),
);
