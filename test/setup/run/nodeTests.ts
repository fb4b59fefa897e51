import { createWriteStream } from "node:fs";
import { glob, mkdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { junit, spec } from "node:test/reporters";
import { reports, root } from "../paths.ts";
import type { Counts } from "./outcome.ts";
import type { Transcript } from "./transcript.ts";

export interface NodeTests {
  /** Names the report. */
  readonly name: string;
  /** Patterns from the repository's root. */
  readonly files: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** How many files may run at a time. */
  readonly concurrency: number;
}

/** For one file; real windows are slow, and nothing may hang forever. */
const fileLimitMs = 15 * 60_000;

/** Runs files of `node:test`, each in a process of its own, and writes a JUnit report. */
export async function runNodeTests(
  { name, files, env, concurrency }: NodeTests,
  transcript: Transcript,
): Promise<Counts> {
  const found = (await Array.fromAsync(glob([...files], { cwd: root }))).toSorted().map((file) => join(root, file));
  if (found.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const report = join(reports, `${name.replaceAll(/[^\w.]+/g, "-")}.xml`);
  await mkdir(dirname(report), { recursive: true });

  const stream = run({ files: found, concurrency, timeout: fileLimitMs, cwd: root, env: { ...process.env, ...env } });
  let counts: Counts = { passed: 0, failed: 1, skipped: 0 };
  const empty: string[] = [];
  stream.on("test:pass", (event) => {
    // Node counts a file without tests as a test that passed.
    if (event.name === event.file) empty.push(event.file);
  });
  stream.on("test:summary", ({ file, success, counts: it }) => {
    if (file !== undefined) return;
    const failed = it.tests - it.passed - it.skipped - it.todo + empty.length;
    // A hook that failed is no test, but no success either.
    counts = {
      passed: it.passed - empty.length,
      failed: failed === 0 && !success ? 1 : failed,
      skipped: it.skipped + it.todo,
    };
  });
  const xml = stream.compose(junit).pipe(createWriteStream(report));
  const readable = stream.compose(new spec());
  readable.pipe(transcript.stream, { end: false });
  await Promise.all([finished(readable), finished(xml)]);
  for (const file of empty) transcript.say(`✖ ${relative(root, file)} has no test in it`);
  return counts;
}
