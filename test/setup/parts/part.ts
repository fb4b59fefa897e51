/** Something a suite needs on this machine. */
export interface Part {
  /** In words, e.g. "Chromium". */
  readonly name: string;
  /** Looks, and installs what is missing. Says what it installs before it does. */
  readonly prepare: () => Promise<Readiness>;
}

/** Missing: why, and how to get it. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly why: string };

export const ready: Readiness = { ready: true };

export function missing(why: string): Readiness {
  return { ready: false, why };
}
