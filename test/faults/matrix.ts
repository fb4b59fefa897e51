import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { Subject } from "../contract/subjects.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { RgwUser } from "../sandbox/users.ts";
import { type Fault, faults } from "./faults.ts";
import type { Claim } from "./oracle.ts";
import { phases } from "./phases.ts";
import { Table } from "./table.ts";
import { run } from "./trial.ts";

const letters: Readonly<Record<Claim, string>> = {
  rotated: "R",
  kept: "N",
  refused: "N",
  lost: "L",
  handed: "H",
  unknown: "?",
};
const legend =
  "R rotated and verified, N nothing was changed, L says that the secret is lost, H shows it to the person, " +
  "? says that it is not known yet, ✖ violation; left with the old secret stored, right without";

/** Every phase of a rotation meets every fault; `isPassing`: which ends with its phase. */
export function matrix(subject: Subject, isPassing: boolean): void {
  const title = `faults that ${isPassing ? "end with their phase" : "stay"}, on ${subject.name}`;
  suite(title, () => {
    const table = new Table(title, legend, phases);
    let sandbox: Sandbox;
    before(async () => (sandbox = await subject.start({ users: 40, objects: 0 })));
    after(async () => {
      table.print();
      await sandbox.close();
    });

    for (const fault of faults) {
      test(fault.name, async () => {
        assert.deepEqual(await tryPhases(fault), []);
      });
    }

    async function tryPhases(fault: Fault): Promise<readonly string[]> {
      const failures: string[] = [];
      for (const phase of phases) {
        for (const hasOld of [true, false]) {
          const [user, bystander] = nextUsers(sandbox);
          try {
            const claim = await run({ fault, phase, isPassing, hasOld }, sandbox, user, bystander);
            table.add(fault.name, phase, letters[claim]);
          } catch (error) {
            table.add(fault.name, phase, "✖");
            failures.push(`${phase}, ${hasOld ? "with" : "without"} an old secret: ${String(error)}`);
          }
        }
      }
      return failures;
    }
  });
}

let turn = 0;

function nextUsers(sandbox: Sandbox): readonly [RgwUser, RgwUser] {
  const users = sandbox.users.filter(({ locked }) => !locked);
  const at = (index: number): RgwUser => users[index % users.length] ?? assert.fail("there are no users");
  turn++;
  return [at(turn), at(turn + 1)];
}
