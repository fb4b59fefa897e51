/** One test of the suite, as a line of the report that the suite leaves for its runner. */
export interface HostTest {
  readonly title: string;
  readonly state: "passed" | "failed" | "skipped";
  readonly durationMs: number;
  readonly error?: string;
}
