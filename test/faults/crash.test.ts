import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, suite, test } from "node:test";
import type { Receipt } from "../../src/core/rotation/journal.ts";
import { subjects } from "../contract/subjects.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { RgwUser } from "../sandbox/users.ts";
import { Computer } from "./computer.ts";
import { type Aftermath, type Told, checkForSecrets, checkWords, restart, truthOf } from "./oracle.ts";
import { type Phase, phases } from "./phases.ts";
import type { Plan } from "./process.ts";
import { Table } from "./table.ts";
import { heal, prepare, servicesOf } from "./trial.ts";

const hour = 60 * 60 * 1000;
const journalWrites: ReadonlySet<Phase> = new Set([
  "journal requested",
  "journal received",
  "journal held",
  "journal proved",
]);

for (const subject of subjects) {
  suite(`processes that end in the middle, and two at once, on ${subject.name}`, () => {
    const table = new Table(
      `kill -9, on ${subject.name}`,
      "after a restart: R it finishes the rotation, N it says that nothing was rotated, L it says that the secret is lost, " +
        "? it says that it cannot be told; left with the old secret stored, right without",
      phases,
    );
    let sandbox: Sandbox;
    let dir: string;
    let users: readonly RgwUser[];
    const running = new Set<ChildProcess>();
    before(async () => {
      sandbox = await subject.start({ users: 12, objects: 0 });
      users = sandbox.users.filter(({ locked }) => !locked);
    });
    after(async () => {
      table.print();
      await sandbox.close();
    });
    afterEach(async () => {
      for (const child of running) child.kill("SIGKILL");
      running.clear();
      for (const user of users) await heal(sandbox, user);
      await rm(dir, { recursive: true, force: true });
    });

    const someone = (index: number): RgwUser => users[index % users.length] ?? assert.fail("there are no users");

    async function freshComputer(user: RgwUser, hasOld: boolean): Promise<Computer> {
      dir = await mkdtemp(join(tmpdir(), "rgw-keyring-crash-"));
      const computer = new Computer(dir, servicesOf(sandbox));
      await prepare(computer, sandbox, hasOld, user, someone(users.indexOf(user) + 1));
      return computer;
    }

    /** @returns what the process said, line by line; `ended` when it is gone */
    function begin(user: RgwUser, plan: Pick<Plan, "phase" | "when" | "what">) {
      const whole: Plan = { dir, services: servicesOf(sandbox), userId: user.id, userName: user.name, ...plan };
      const program = join(import.meta.dirname, "process.ts");
      const child = spawn(process.execPath, [program, JSON.stringify(whole)], { stdio: ["pipe", "pipe", "inherit"] });
      running.add(child);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const ended = once(child, "exit").then(() => void running.delete(child));
      const line = async (): Promise<string> => (await lines.next()).value as string;
      return { child, line, ended };
    }

    async function restarted(computer: Computer, user: RgwUser): Promise<Aftermath & { holds: boolean }> {
      const aftermath = await restart(user, computer);
      const { live, stored } = await truthOf(user, sandbox, computer);
      const holds = stored.includes(live);
      assert.equal(aftermath.state === "accepted", holds, `the key is shown as ${aftermath.state}`);
      checkForSecrets(computer, aftermath.texts, [live, ...stored, user.secretKey]);
      await computer.network.close();
      return { ...aftermath, holds };
    }

    function letterOf({ recovery, holds, state }: Aftermath & { holds: boolean }, isNew: boolean): string {
      const finding = recovery.outcome === "open" ? recovery.record.finding : undefined;
      if (holds && isNew) return "R";
      if (holds || (state === "none" && !isNew && !finding)) return "N";
      if (finding === "lost") return "L";
      if (finding === "unprovable" || finding === "notStored") return "?";
      return assert.fail(`it does not hold the live secret, and does not say so: ${recovery.outcome}, ${state}`);
    }

    const moments = phases.flatMap((phase) =>
      (["before", "after"] as const)
        .filter((when) => when === "before" || journalWrites.has(phase) || phase === "send the request")
        .map((when) => ({ phase, when })),
    );
    for (const { phase, when } of moments) {
      test(`kill -9 ${when} the phase: ${phase}`, async () => {
        for (const hasOld of [true, false]) {
          const user = someone(phases.indexOf(phase));
          const old = sandbox.user(user.id).secretKey;
          const computer = await freshComputer({ ...user, secretKey: old }, hasOld);
          await begin(user, { phase, when, what: "kill" }).ended;
          const isNew = sandbox.user(user.id).secretKey !== old;
          const found = await restarted(computer, user);
          const letter = letterOf(found, isNew);
          table.add(`kill -9 ${when}`, phase, letter);
          // From the moment the secret was held it is never lost, and before the request nothing is.
          const order = phases.indexOf(phase);
          if (order > phases.indexOf("journal received")) assert.equal(letter, "R");
          if (hasOld && order <= phases.indexOf("journal requested")) assert.equal(letter, "N");
        }
      });
    }

    for (const [name, clockOffset] of [
      ["ahead", 2 * hour],
      ["back", -2 * hour],
    ] as const) {
      test(`a clock that is set ${name} in the middle, in every phase`, async () => {
        for (const phase of phases) {
          const user = someone(phases.indexOf(phase));
          const computer = await freshComputer(user, true);
          const { line, ended } = begin(user, { phase, when: "before", what: { clockOffset } });
          const said = JSON.parse(await line()) as Told;
          await ended;
          checkWords(said);
          assert.ok(["rotated", "unknown"].includes(said.claim), `${phase}: ${said.claim}`);
          const { holds } = await restarted(computer, user);
          assert.ok(holds, `${phase}: the clock is right again, and the secret is not there`);
        }
      });
    }

    test("of two processes of one computer one rotates, and the other says who is at it", async () => {
      const user = someone(3);
      const computer = await freshComputer(user, true);
      const first = begin(user, { phase: "send the request", when: "after", what: "wait" });
      assert.equal(await first.line(), "waiting");
      const second = begin(user, { phase: "send the request", when: "before", what: "kill" });
      const refused = JSON.parse(await second.line()) as Told;
      assert.match(refused.text, new RegExp(`process ${first.child.pid}\\b`));
      first.child.stdin?.end();
      assert.equal((JSON.parse(await first.line()) as Told).claim, "rotated");
      await Promise.all([first.ended, second.ended]);
      assert.ok((await restarted(computer, user)).holds);
    });

    test("of two computers the proof decides, and the loser is told", async () => {
      const user = someone(4);
      const loser = await freshComputer(user, true);
      const loserDir = dir;
      const first = begin(user, { phase: "prove the new", when: "before", what: "wait" });
      assert.equal(await first.line(), "waiting");
      const winner = await freshComputer(sandbox.user(user.id), true);
      const second = begin(user, { phase: "close the journal", when: "after", what: { clockOffset: 0 } });
      assert.equal((JSON.parse(await second.line()) as Told).claim, "rotated");
      await second.ended;
      assert.ok((await restarted(winner, user)).holds);
      first.child.stdin?.end();
      const said = JSON.parse(await first.line()) as Told;
      await first.ended;
      assert.match(said.text, /rotated again elsewhere/);
      const { state } = await restarted(loser, user);
      assert.equal(state, "rejected");
      await rm(loserDir, { recursive: true, force: true });
    });

    test("after a rotation there is a receipt, and after a crash that lost nothing, too", async () => {
      const user = someone(5);
      const computer = await freshComputer(user, true);
      await begin(user, { phase: "journal held", when: "after", what: "kill" }).ended;
      const { recovery } = await restarted(computer, user);
      assert.equal(recovery.outcome, "rotated");
      const receipt: Receipt | undefined = await computer.ports().journal.receipt(user.id);
      assert.equal(receipt?.userId, user.id);
      assert.equal(receipt?.oldKeys.length, 1);
    });
  });
}
