import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startCeph } from "../sandbox/rgw/ceph.ts";
import { subjects } from "./subjects.ts";

const program = fileURLToPath(new URL("../sandbox/main.ts", import.meta.url));
const skip = !subjects.some(({ name }) => name === "rgw") && "RGW_BACKENDS leaves Ceph out";

describe("Ceph under the sandbox", { timeout: 120_000, skip }, () => {
  /** Where the sandbox of a test keeps what it makes. */
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "rgw-keyring-home-"));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  function startSandboxProgram(): ChildProcess {
    const args = [program, "--backend", "rgw", "--json", "--objects", "0"];
    return spawn(process.execPath, args, {
      env: { ...process.env, TMPDIR: home },
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  async function untilNothingIsLeft(): Promise<void> {
    await until("no process of the cluster is left", async () => (await processesIn(home)).length === 0);
    await until("the cluster's directory is gone", async () => !(await clusterIn(home)));
  }

  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    test(`leaves nothing behind when the sandbox ends by ${signal}`, async () => {
      const child = startSandboxProgram();
      assert.ok(child.stdout);
      await once(createInterface({ input: child.stdout }), "line");
      assert.ok((await processesIn(home)).length >= 3, "mon, OSD and radosgw run");
      child.kill(signal);
      await once(child, "exit");
      await untilNothingIsLeft();
    });
  }

  test("leaves nothing behind when the sandbox is ended while it starts", async () => {
    const child = startSandboxProgram();
    await until("the first process of the cluster runs", async () => (await processesIn(home)).length > 0);
    child.kill("SIGTERM");
    await once(child, "exit");
    await untilNothingIsLeft();
  });

  test("several run side by side, and end one by one", async () => {
    const [one, other] = await Promise.all([startCeph("de-muc1"), startCeph("de-muc1")]);
    assert.notEqual(one.endpoint, other.endpoint);
    await one.stop();
    assert.equal((await fetch(other.endpoint)).status, 200);
    await other.stop();
    await assert.rejects(fetch(other.endpoint), TypeError);
  });

  test("shows the end of its log when it cannot start", async () => {
    await assert.rejects(startCeph("no such\nregion\0"), /^Error: Ceph did not start/);
  });

  test("says which packages are missing", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = home;
    try {
      await assert.rejects(startCeph("de-muc1"), /apt-get install --no-install-recommends radosgw ceph-mon ceph-osd/);
    } finally {
      process.env["PATH"] = path;
    }
  });
});

async function clusterIn(home: string): Promise<boolean> {
  return (await readdir(home)).some((name) => name.startsWith("rgw-keyring-ceph-"));
}

/** The processes that work in or below a directory, also in one that has been deleted. */
async function processesIn(directory: string): Promise<readonly string[]> {
  const found = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const cwd = await readlink(`/proc/${entry}/cwd`).catch(() => ""); // ended meanwhile, or somebody else's
    if (cwd.startsWith(`${directory}/`)) found.push(entry);
  }
  return found;
}

async function until(what: string, condition: () => Promise<boolean>, limitMs = 15_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `within ${limitMs} ms: ${what}`);
    await delay(20);
  }
}
