import { rmSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Part } from "../parts/part.ts";
import { out, reports, root } from "../paths.ts";
import { sum, table, totals, withoutTests, type Counts, type Outcome } from "../run/outcome.ts";
import { findLeaks } from "../run/secrets.ts";
import { suites, type Suite } from "../run/suites.ts";
import { readArguments } from "../run/task.ts";
import { Transcript } from "../run/transcript.ts";

const usage = `npm test [-- [--lowest] SUITE…]

Sets up what the suites need, and runs all of them but those for the lowest VS Code version; --lowest or CI=true adds these.
Suites: ${[...new Set(suites.flatMap(({ names }) => names))].join(", ")}`;

const inCI = process.env["CI"] === "true";
const { values, positionals } = readArguments(
  {
    allowPositionals: true,
    options: { lowest: { type: "boolean", default: inCI }, help: { type: "boolean", default: false } },
  },
  usage,
);
const unknown = positionals.filter((word) => !suites.some(({ names }) => names.includes(word)));

if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `There is no suite ${unknown.join(", ")}.\n\n${usage}` : usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  process.exitCode = (await runAll()) ? 0 : 1;
}

async function runAll(): Promise<boolean> {
  await Promise.all(
    ["reports", "logs", "screenshots"].map((it) => rm(join(out, it), { recursive: true, force: true })),
  );
  const transcript = new Transcript(join(reports, "output.log"));
  const issuedIn = await mkdtemp(join(tmpdir(), "rgw-keyring-issued-"));
  const issued = join(issuedIn, "secrets");
  // The sandbox writes down here every secret it gives out, so that they can be searched for.
  process.env["RGW_SANDBOX_SECRETS_FILE"] = issued;
  // Gone also when the run is ended from outside.
  process.once("exit", () => rmSync(issuedIn, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));
  try {
    const outcomes = await runSuites(transcript);
    await transcript.flush();
    outcomes.push(await searchForSecrets(issued, outcomes, transcript));
    return conclude(outcomes, transcript);
  } finally {
    await transcript.end();
  }
}

async function runSuites(transcript: Transcript): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const suite of selected()) {
    if (suite.isLowest && !values.lowest && positionals.length === 0) {
      outcomes.push(leftOut(suite, "it is for the lowest VS Code version: npm test -- --lowest"));
      continue;
    }
    transcript.say(`\n── ${suite.name} ──`);
    outcomes.push(...(await runSuite(suite, outcomes, transcript)));
  }
  return outcomes;
}

/** Suites that are asked for, with the package where one of them is for it. */
function selected(): readonly Suite[] {
  if (positionals.length === 0) return suites;
  const asked = suites.filter(
    ({ names, isLowest }) =>
      names.some((name) => positionals.includes(name)) &&
      (!isLowest || values.lowest || names.slice(0, 1).some((name) => positionals.includes(name))),
  );
  const needsPackage = asked.some((suite) => suite.needsPackage);
  return suites.filter((suite) => asked.includes(suite) || (needsPackage && suite.name === "package"));
}

async function runSuite(suite: Suite, before: readonly Outcome[], transcript: Transcript): Promise<readonly Outcome[]> {
  if (suite.needsPackage && before.some((it) => it.name === "package" && it.kind === "ran" && it.counts.failed > 0)) {
    return [leftOut(suite, "the extension could not be packaged")];
  }
  const missing = await prepare(suite.needs);
  if (missing.length > 0) return [leftOut(suite, missing.join(" "))];
  const lacking = await prepare(suite.wants);
  const start = performance.now();
  const counts = await suite.run(transcript, lacking.length === 0).catch((error: unknown): Counts => {
    transcript.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return { passed: 0, failed: 1, skipped: 0 };
  });
  if (withoutTests(counts)) transcript.say(`✖ ${suite.name}: no test was found`);
  const ran: Outcome = {
    name: suite.name,
    kind: "ran",
    counts: withoutTests(counts) ? { ...counts, failed: 1 } : counts,
    seconds: (performance.now() - start) / 1000,
  };
  return [ran, ...lacking.map((why) => leftOut({ name: `${suite.name}, in part` }, why))];
}

/** Answers what is missing after it. */
async function prepare(parts: readonly Part[]): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const part of parts) {
    const readiness = await part.prepare();
    if (!readiness.ready) missing.push(`${part.name} is missing. ${readiness.why}`);
  }
  return missing;
}

function leftOut({ name }: Pick<Suite, "name">, why: string): Outcome {
  return { name, kind: "left out", why };
}

/** Nothing that a run leaves behind may have a secret in it, the sandbox's own included. */
async function searchForSecrets(
  issued: string,
  outcomes: readonly Outcome[],
  transcript: Transcript,
): Promise<Outcome> {
  const start = performance.now();
  const secrets = (await readFile(issued, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
  const leaks = await findLeaks(out, secrets);
  transcript.say(`\n── secrets ──\nSearched out/ for ${secrets.length} secrets that sandboxes had given out.`);
  for (const { file, offset } of leaks) transcript.say(`✖ A secret is in ${relative(root, file)}, byte ${offset}.`);
  // Without a secret to search for, nothing is shown: every suite but the static ones works with a sandbox.
  const isVacuous =
    secrets.length === 0 && outcomes.some(({ name, kind }) => kind === "ran" && /contract|host|journeys/.test(name));
  if (isVacuous)
    transcript.say("✖ Suites ran with a sandbox, but it has written no secret into RGW_SANDBOX_SECRETS_FILE.");
  const failed = leaks.length + (isVacuous ? 1 : 0);
  const counts = { passed: failed === 0 ? 1 : 0, failed, skipped: 0 };
  return { name: "secrets", kind: "ran", counts, seconds: (performance.now() - start) / 1000 };
}

function conclude(outcomes: readonly Outcome[], transcript: Transcript): boolean {
  const total = sum(outcomes.flatMap((it) => (it.kind === "ran" ? [it.counts] : [])));
  const missing = outcomes.filter((it) => it.kind === "left out");
  transcript.say(`\n${table(outcomes)}\n`);
  if (inCI && missing.length > 0) transcript.say(`With CI=true nothing may be left out: ${missing.length} is.`);
  transcript.say(totals(total));
  return total.failed === 0 && !(inCI && missing.length > 0);
}
