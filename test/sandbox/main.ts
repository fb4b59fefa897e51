import { once } from "node:events";
import { parseArgs } from "node:util";
import type { Sandbox, SandboxOptions } from "./sandbox.ts";

const usage = `Usage: npm run sandbox -- [options]

Starts the platform in a box on 127.0.0.1: its REST API, and an S3 endpoint for its users' keys. Ctrl+C ends it.

  --backend embedded  our own S3 server (this is the default)
  --backend rgw       a real Ceph RGW; needs the packages radosgw, ceph-mon and ceph-osd
  --users N           N users, all of them in the first project (default: sample data)
  --objects N         N objects in all (default: sample data)
  --port P            port of the REST API (default: any free one)
  --s3-port P         port of the S3 endpoint (default: any free one)
  --data DIR          keep users and objects in DIR, and start with those it has (embedded only)
  --json              print one line of JSON instead of words
  --help              this text
`;

class UsageError extends Error {}

interface Arguments {
  readonly options: SandboxOptions;
  readonly json: boolean;
}

function readArguments(args: readonly string[]): Arguments | "help" {
  const values = parsed(args);
  if (values.help) return "help";
  const { backend = "embedded", data: dataDir } = values;
  if (backend !== "embedded" && backend !== "rgw") throw new UsageError(`--backend is embedded or rgw, not ${backend}`);
  if (backend === "rgw" && dataDir !== undefined) {
    throw new UsageError("--data is for the embedded backend: Ceph RGW runs in memory here");
  }
  if (dataDir === "") throw new UsageError("--data needs a directory");
  const users = count("--users", values.users, 1_000_000);
  const objects = count("--objects", values.objects, 10_000_000);
  if (users === 0 && objects !== undefined && objects > 0) throw new UsageError("--objects needs a user to own them");
  const port = count("--port", values.port, 65_535);
  const s3Port = count("--s3-port", values["s3-port"], 65_535);
  return { options: { backend, dataDir, users, objects, port, s3Port }, json: values.json };
}

function parsed(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        backend: { type: "string" },
        users: { type: "string" },
        objects: { type: "string" },
        port: { type: "string" },
        "s3-port": { type: "string" },
        data: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function count(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text) || Number(text) > most)
    throw new UsageError(`${option} is a number from 0 to ${most}, not ${text}`);
  return Number(text);
}

function jsonLine({ platformUrl, s3Endpoint, region, tokens, users }: Sandbox): string {
  const shown = users.map(({ id, name, accessKeyId, secretKey, locked }) => ({
    id,
    name,
    accessKeyId,
    secretKey,
    locked,
  }));
  return JSON.stringify({ platformUrl, s3Endpoint, region, tokens, users: shown });
}

function summary(sandbox: Sandbox): string {
  const first = sandbox.users.find(({ locked }) => !locked);
  const lines = [
    "The platform in a box is running. Tokens, passwords and keys are the sandbox's own, and good for nothing else.",
    "",
    `REST API     ${sandbox.platformUrl}`,
    `S3 endpoint  ${sandbox.s3Endpoint}  (region ${sandbox.region})`,
    "",
    `Admin token   ${sandbox.tokens.admin}`,
    `Member token  ${sandbox.tokens.member}`,
    "Sign-ins:",
    ...sandbox.signIns.accounts.map(({ login, password }) => `  ${login.padEnd(22)}  ${password}`),
    "",
    ...sandbox.projects.map((project) => projectLine(sandbox, project)),
    ...(first ? ["", `A key to try: ${first.accessKeyId}  ${first.secretKey}  (${first.name})`] : []),
    "",
    "Ctrl+C ends it.",
  ];
  return `${lines.join("\n")}\n`;
}

function projectLine({ users }: Sandbox, { id, name }: { readonly id: string; readonly name: string }): string {
  const own = users.filter(({ projectId }) => projectId === id);
  const locked = own.filter((user) => user.locked);
  return `Project ${name}: ${own.length} users, ${locked.length} locked`;
}

async function main(): Promise<void> {
  const read = readArguments(process.argv.slice(2));
  if (read === "help") {
    process.stdout.write(usage);
    return;
  }
  const asked = Promise.race(["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => once(process, signal)));
  const { startSandbox } = await import("./sandbox.ts"); // not before: a wrong argument is answered at once
  const starting = startSandbox(read.options);
  const ended = await Promise.race([starting.then(() => false), asked.then(() => true)]);
  if (ended) process.exit(130); // what has been started so far ends with this process
  await using sandbox = await starting;
  process.stdout.write(read.json ? `${jsonLine(sandbox)}\n` : summary(sandbox));
  await asked;
}

try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    error instanceof UsageError ? `${message}\n\n${usage}` : `The sandbox did not start: ${message}\n`,
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
