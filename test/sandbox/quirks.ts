import { z } from "zod";

/** Where the platform's documentation is silent or contradicts itself: how this sandbox's platform behaves. */
export const quirksSchema = z.strictObject({
  /** What stands for a secret where it is masked; null: the field is missing. */
  mask: z.string().nullable(),
  /** What `renew_key` answers for a locked user: the existing secret, masked, empty, or no such field at all. */
  lockedRenewal: z.enum(["unchanged", "masked", "empty", "missing"]),
  /** The field that wraps a list, e.g. `users` or `data`; null: a list is a bare array. */
  wrapListsIn: z.string().nullable(),
  /** Entries of a page; the next one is in a `Link` header. 0: a list comes in one piece. */
  pageSize: z.int().nonnegative(),
  quotaInLists: z.boolean(),
  /** Whether the JWT that `/login` answers stands after the word `Bearer`. */
  bearerInLogin: z.boolean(),
});

export type Quirks = z.infer<typeof quirksSchema>;

export const usualQuirks: Readonly<Quirks> = {
  mask: "********",
  lockedRenewal: "unchanged",
  wrapListsIn: null,
  pageSize: 0,
  quotaInLists: true,
  bearerInLogin: true,
};
