// A rotation in a process of its own, which can be killed: `node process.ts PLAN`, a plan as JSON. Says what came of it.
import { once } from "node:events";
import { rotateKey } from "../../src/core/rotation/rotate.ts";
import { Computer, type Services } from "./computer.ts";
import { type Ending, told } from "./oracle.ts";
import { type Phase, watched } from "./phases.ts";
import { insisting } from "./trial.ts";

export interface Plan {
  readonly dir: string;
  readonly services: Services;
  readonly userId: string;
  readonly userName: string;
  /** When it happens: just before the phase does its work, or just after. */
  readonly phase: Phase;
  readonly when: "before" | "after";
  /** `wait`: until the process' input ends, having said so. */
  readonly what: "kill" | "wait" | { readonly clockOffset: number };
}

const plan = JSON.parse(process.argv[2] ?? "") as Plan;
const computer = new Computer(plan.dir, plan.services);
let isDone = false;

const ports = watched(
  computer,
  async (phase, when) => {
    if (isDone || phase !== plan.phase || when !== plan.when) return;
    isDone = true;
    if (plan.what === "kill") process.kill(process.pid, "SIGKILL");
    else if (plan.what === "wait") await heldUp();
    else setClock(plan.what.clockOffset);
  },
  () => ({}),
);

process.stdout.write(`${JSON.stringify(told(plan.userName, await rotate()))}\n`);
await computer.network.close();

async function rotate(): Promise<Ending> {
  try {
    return { rotation: await rotateKey(plan.userId, ports, insisting) };
  } catch (error) {
    return { error };
  }
}

async function heldUp(): Promise<void> {
  process.stdout.write("waiting\n");
  process.stdin.resume();
  await once(process.stdin, "end");
}

/** All of this process believes it, the signing of requests included; the services' clock stays right. */
function setClock(offset: number): void {
  const { now } = Date;
  globalThis.Date = class extends Date {
    constructor(...given: readonly [] | ConstructorParameters<DateConstructor>) {
      if (given.length === 0) super(now() + offset);
      else super(...(given as [number]));
    }

    static override now(): number {
      return now() + offset;
    }
  } as DateConstructor;
}
