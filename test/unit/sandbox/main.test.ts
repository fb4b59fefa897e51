import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../sandbox/main.ts", import.meta.url));

interface Line {
  readonly platformUrl: string;
  readonly s3Endpoint: string;
  readonly region: string;
  readonly tokens: { readonly admin: string; readonly member: string };
  readonly users: readonly {
    readonly id: string;
    readonly name: string;
    readonly accessKeyId: string;
    readonly secretKey: string;
    readonly locked: boolean;
  }[];
}

class Run implements AsyncDisposable {
  readonly process: ChildProcess;
  out = "";
  err = "";

  constructor(args: readonly string[]) {
    this.process = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.process.stdout?.on("data", (text) => (this.out += text));
    this.process.stderr?.on("data", (text) => (this.err += text));
  }

  async line(): Promise<Line> {
    const output = this.process.stdout;
    assert.ok(output);
    for await (const line of createInterface({ input: output })) return JSON.parse(line) as Line;
    throw new Error(`The sandbox ended: ${this.err}`);
  }

  async exitCode(): Promise<number | null> {
    if (this.process.exitCode === null) await once(this.process, "close");
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGINT");
    await this.exitCode();
  }
}

function clientOf({ s3Endpoint, region, users }: Line): S3Client {
  const [user] = users;
  assert.ok(user);
  return new S3Client({
    endpoint: s3Endpoint,
    region,
    credentials: { accessKeyId: user.accessKeyId, secretAccessKey: user.secretKey },
    forcePathStyle: true,
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

describe("npm run sandbox", { timeout: 60_000 }, () => {
  test("--json prints one line with all that a client needs, serves, and ends with Ctrl+C", async () => {
    const run = new Run(["--json", "--users", "12", "--objects", "0"]);
    const line = await run.line();
    assert.deepEqual(Object.keys(line), ["platformUrl", "s3Endpoint", "region", "tokens", "users"]);
    assert.equal(line.users.length, 12);
    assert.deepEqual(Object.keys(line.users[0] ?? {}), ["id", "name", "accessKeyId", "secretKey", "locked"]);
    assert.ok(line.users.some(({ locked }) => locked) && line.users.some(({ locked }) => !locked));
    const headers = { authorization: `Bearer ${line.tokens.member}` };
    assert.equal((await fetch(`${line.platformUrl}/projects`, { headers })).status, 200);
    await clientOf(line).send(new ListBucketsCommand({}));

    run.process.kill("SIGINT");
    assert.equal(await run.exitCode(), 0);
    assert.equal(run.out.trimEnd().split("\n").length, 1);
    await assert.rejects(fetch(line.platformUrl), TypeError);
  });

  test("--objects makes as many objects as it says", async () => {
    await using run = new Run(["--json", "--users", "1", "--objects", "40"]);
    const client = clientOf(await run.line());
    const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
    const counts = await Promise.all(
      Buckets.map(async ({ Name }) => (await client.send(new ListObjectsV2Command({ Bucket: Name }))).KeyCount ?? 0),
    );
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      40,
    );
  });

  test("--data gives the same users and objects after a restart, with the secrets of the last rotation", async () => {
    const dir = await mkdtemp(join(tmpdir(), "rgw-keyring-data-"));
    try {
      const before = await usedAndEnded(dir);
      await using run = new Run(["--json", "--data", dir]);
      const line = await run.line();
      assert.deepEqual(line.users, before.users);
      assert.notEqual(line.tokens.admin, before.tokens.admin);
      const object = { Bucket: "billing-exports", Key: "2025/open-items.csv" };
      const { ContentLength } = await clientOf(line).send(new GetObjectCommand(object));
      assert.equal(ContentLength, 12 * 1024);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  /** What a sandbox says of itself, with the first user's secret rotated and the last user deleted. */
  async function usedAndEnded(dir: string): Promise<Line> {
    await using run = new Run(["--json", "--data", dir]);
    const line = await run.line();
    const [first, ...rest] = line.users;
    assert.ok(first);
    const headers = { authorization: `Bearer ${line.tokens.admin}` };
    const users = `${line.platformUrl}/rgw/users`;
    const renewed = await fetch(`${users}/${first.id}/renew_key`, { method: "POST", headers });
    const { secret_key: secretKey } = (await renewed.json()) as { secret_key: string };
    const deletable = rest.find(({ name }) => name === "kafka-tiered-storage");
    assert.equal((await fetch(`${users}/${deletable?.id}`, { method: "DELETE", headers })).status, 204);
    return { ...line, users: [{ ...first, secretKey }, ...rest.filter(({ id }) => id !== deletable?.id)] };
  }

  test("a port that is taken is a clear message and exit code 1", async () => {
    await using first = new Run(["--json", "--objects", "0"]);
    const { port } = new URL((await first.line()).platformUrl);
    const second = new Run(["--port", port, "--objects", "0"]);
    assert.equal(await second.exitCode(), 1);
    assert.match(second.err, /^The sandbox did not start: .*EADDRINUSE/);
  });

  test("without --json it tells people what they need", async () => {
    await using run = new Run(["--objects", "0"]);
    for await (const _ of run.process.stdout ?? []) if (run.out.includes("Ctrl+C")) break;
    for (const word of ["REST API", "S3 endpoint", "Admin token", "member@example.com"])
      assert.ok(run.out.includes(word));
  });

  for (const [args, message] of [
    [["--bogus"], /Unknown option '--bogus'/],
    [["what"], /Unexpected argument 'what'/],
    [["--backend", "cloud"], /--backend is embedded or rgw, not cloud/],
    [["--backend", "rgw", "--data", "somewhere"], /--data is for the embedded backend/],
    [["--users", "many"], /--users is a number/],
    [["--users", "0", "--objects", "3"], /--objects needs a user/],
    [["--port", "70000"], /--port is a number from 0 to 65535/],
  ] as const) {
    test(`${args.join(" ")} is refused with exit code 2`, async () => {
      const run = new Run(args);
      assert.equal(await run.exitCode(), 2);
      assert.match(run.err, message);
      assert.match(run.err, /^Usage: /m);
      assert.equal(run.out, "");
    });
  }

  test("--help explains, with exit code 0", async () => {
    const run = new Run(["--help"]);
    assert.equal(await run.exitCode(), 0);
    assert.match(run.out, /^Usage: npm run sandbox/);
  });
});
