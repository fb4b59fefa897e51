/** How many tests of a suite ended in which way. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What became of a suite. */
export type Outcome =
  | { readonly name: string; readonly kind: "ran"; readonly counts: Counts; readonly seconds: number }
  | { readonly name: string; readonly kind: "left out"; readonly why: string };

export function sum(all: readonly Counts[]): Counts {
  const total = (pick: (counts: Counts) => number) => all.reduce((so, counts) => so + pick(counts), 0);
  return { passed: total((it) => it.passed), failed: total((it) => it.failed), skipped: total((it) => it.skipped) };
}

/** A suite that finds no test has not shown anything. */
export function withoutTests({ passed, failed, skipped }: Counts): boolean {
  return passed + failed + skipped === 0;
}

/** One line for each suite, in columns. */
export function table(outcomes: readonly Outcome[]): string {
  const width = Math.max(...outcomes.map(({ name }) => name.length));
  return outcomes.map((outcome) => `  ${outcome.name.padEnd(width)}  ${describe(outcome)}`).join("\n");
}

/** The last line of a run, for people and for programs. */
export function totals({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function describe(outcome: Outcome): string {
  if (outcome.kind === "left out") return `left out: ${outcome.why}`;
  const { passed, failed, skipped } = outcome.counts;
  const cells = [`${passed} passed`.padStart(11), `${failed} failed`.padStart(10), `${skipped} skipped`.padStart(11)];
  return `${cells.join(" ")}  ${outcome.seconds.toFixed(0).padStart(4)} s`;
}
