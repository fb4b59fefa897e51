import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";
import { DiskError } from "../../../src/core/files.ts";
import { Locks } from "../../../src/core/lock.ts";

let dir: string;
const children = new Set<ChildProcess>();
before(async () => (dir = await mkdtemp(join(tmpdir(), "rgw-keyring-locks-"))));
after(() => rm(dir, { recursive: true, force: true }));
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

interface Said {
  readonly held: boolean;
  readonly holder?: { readonly pid: number; readonly where: string };
}

/** Another process that tries to take the lock; resolves when it has said what came of it. */
async function elsewhere(folder: string, name: string): Promise<{ readonly child: ChildProcess; readonly said: Said }> {
  const program = join(import.meta.dirname, "lockHolder.ts");
  const child = spawn(process.execPath, [program, folder, name], { stdio: ["pipe", "pipe", "inherit"] });
  children.add(child);
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, said: JSON.parse(line) as Said };
  }
  return assert.fail("the other process said nothing");
}

async function end(child: ChildProcess, how: "release" | "SIGKILL"): Promise<void> {
  const gone = once(child, "exit");
  if (how === "release") child.stdin?.end();
  else child.kill(how);
  await gone;
}

function fresh(): string {
  return join(dir, String(Math.random()));
}

test("a lock is held by one at a time, and free after it is released", async () => {
  const locks = new Locks(fresh(), "here");
  const first = await locks.take("user");
  assert.ok(first.held);
  assert.equal(await locks.isHeld("user"), true);
  const second = await locks.take("user");
  assert.ok(!second.held && second.holder.pid === process.pid && second.holder.where === "here");
  await first.release();
  assert.equal(await locks.isHeld("user"), false);
  const third = await locks.take("user");
  assert.ok(third.held);
  await third.release();
});

test("locks of different names are different locks", async () => {
  const locks = new Locks(fresh(), "");
  const [one, other] = [await locks.take("user"), await locks.take("user-2")];
  assert.ok(one.held && other.held);
  await one.release();
  await other.release();
});

for (const how of ["release", "SIGKILL"] as const) {
  test(`a lock that another process holds is free as soon as it is gone: ${how}`, async () => {
    const folder = fresh();
    const locks = new Locks(folder, "here");
    const { child, said } = await elsewhere(folder, "user");
    assert.ok(said.held);
    const attempt = await locks.take("user");
    assert.ok(!attempt.held && attempt.holder.pid === child.pid);
    await end(child, how);
    const again = await locks.take("user");
    assert.ok(again.held);
    await again.release();
  });
}

test("of many processes that find a dead one's lock, one gets it", async () => {
  const folder = fresh();
  for (let round = 0; round < 2; round++) {
    const { child, said } = await elsewhere(folder, "user");
    assert.ok(said.held, `round ${round}`);
    await end(child, "SIGKILL");
    const all = await Promise.all(Array.from({ length: 5 }, () => elsewhere(folder, "user")));
    const holders = all.filter((one) => one.said.held);
    assert.equal(holders.length, 1, `round ${round}`);
    for (const one of all) if (!one.said.held) assert.equal(one.said.holder?.pid, holders[0]?.child.pid);
    await Promise.all(all.map((one) => end(one.child, one.said.held ? "SIGKILL" : "release")));
  }
  assert.equal((await readdir(folder)).length, 1, "files of earlier holders are cleared away");
});

test("of many attempts in one process, one is successful", async () => {
  const locks = new Locks(fresh(), "");
  for (let round = 0; round < 20; round++) {
    const all = await Promise.all(Array.from({ length: 10 }, () => locks.take("user")));
    const held = all.filter((one) => one.held);
    assert.equal(held.length, 1, `round ${round}`);
    await Promise.all(held.map((one) => one.release()));
  }
});

test("a folder that cannot be used is told", async () => {
  const file = fresh();
  await writeFile(file, "in the way of a folder");
  await assert.rejects(new Locks(file, "").take("user"), DiskError);
});
