import { randomUUID } from "node:crypto";
import { rotateKey } from "../../../src/core/rotation/rotate.ts";
import type { Credential } from "../../../src/core/rotation/rotate.ts";
import { Secret } from "../../../src/core/secret.ts";
import { Computer, Window } from "./computer.ts";
import type { Change, One, Operation, Rotate, Start, Which } from "./operations.ts";
import { type Ending, Oracle } from "./oracle.ts";
import { Platform } from "./platform.ts";
import { type Crash, Process } from "./process.ts";
import { S3Double } from "./s3.ts";

type Said = Ending | readonly Ending[];

/** A platform with two users, an S3 endpoint, and a computer on which operations are carried out one after the other. */
export class World {
  readonly platform: Platform;
  readonly s3: S3Double;
  readonly computer: Computer;
  readonly oracle: Oracle;
  /** Secrets that SecretStorage did not take, for as long as a window shows them. */
  readonly #shown = new Map<string, Credential>();

  private constructor(platform: Platform) {
    this.platform = platform;
    this.s3 = new S3Double((accessKeyId) => platform.users.identity(accessKeyId));
    this.computer = new Computer(platform.origin);
    this.oracle = new Oracle(platform, this.computer, this.s3);
  }

  static async begin({ stored }: Start): Promise<World> {
    const world = new World(await Platform.withUsers("app", "backup"));
    const window = world.#window(new Process());
    await window.leaveCanary();
    for (const [index, what] of stored.entries()) {
      const { id, accessKeyId, secretKey } = world.#user(index as Which);
      if (what === "none") continue;
      await window.enter(id, { accessKeyId, secret: new Secret(secretKey) });
      if (what === "stale") await world.platform.rotateElsewhere(id);
    }
    return world;
  }

  /** Carries it out, and has it judged. */
  async run(operation: Operation): Promise<void> {
    // Time enough for a late request, except where a window is opened again at once.
    const pause = operation.kind === "restart" ? 500 : 3_600_000;
    await this.platform.pass(pause);
    this.computer.pass(pause);
    await this.oracle.begin();
    const endings = [await this.#carryOut(operation)].flat();
    await this.platform.quiet();
    for (const ending of endings) this.#noteShown(ending);
    await this.oracle.end(operation, endings);
  }

  /** All is well again, and everything that the extension can find out it finds out. */
  async conclude(): Promise<void> {
    this.s3.trouble = undefined;
    this.computer.secrets.trouble = undefined;
    this.computer.disk.trouble = undefined;
    this.computer.isVolatile = false;
    this.platform.isDown = false;
    await this.run({ kind: "restart" });
    await this.run({ kind: "one", one: "verify", user: 0 });
    await this.run({ kind: "one", one: "verify", user: 1 });
    this.oracle.judgeEpilogue();
  }

  async #carryOut(operation: Operation): Promise<Said> {
    switch (operation.kind) {
      case "rotate":
        return await this.#inProcess(new Process(operation.crash), [operation.rotate.user], (window) =>
          this.#rotate(operation.rotate, window),
        );
      case "both":
        return await this.#inProcess(new Process(operation.crash, operation.pace), [0, 1], (window) =>
          Promise.all(operation.rotates.map((rotate) => this.#rotate(rotate, window))),
        );
      case "twice":
        return await this.#twice(operation);
      case "one":
        return await this.#inProcess(new Process(operation.crash), [operation.user], (window) =>
          this.#one(operation.one, operation.user, window),
        );
      case "restart":
        return await this.#restart(operation.crash);
      case "change":
        await this.#change(operation.change);
        return [];
    }
  }

  async #inProcess(process: Process, about: readonly Which[], work: (window: Window) => Promise<Said>): Promise<Said> {
    const said = await process.run(work(this.#window(process)));
    if (said !== "died") return said;
    this.computer.locks.releaseAll();
    this.#shown.clear();
    return about.map((user) => ({ kind: "died", userId: this.#user(user).id }));
  }

  async #restart(crash: Crash | undefined): Promise<Said> {
    this.computer.newSession();
    this.#shown.clear();
    return await this.#inProcess(new Process(crash), [0, 1], async (window) => {
      await window.leaveCanary();
      const endings: Ending[] = [];
      for (const user of [0, 1] as const) endings.push(await this.#one("recover", user, window));
      return endings;
    });
  }

  /** In a second window, while the first one is at it. */
  async #twice({ rotate, other, atRenewal }: Extract<Operation, { kind: "twice" }>): Promise<Said> {
    const endings: Promise<Said>[] = [];
    const begin = (): void => {
      const window = this.#window(new Process());
      const second = other === "rotate" ? this.#rotateAgain(rotate, window) : this.#one(other, rotate.user, window);
      endings.push(second);
    };
    const first = this.#rotate(rotate, this.#window(new Process()), atRenewal ? begin : undefined);
    if (!atRenewal) begin();
    const said = await first;
    return [said, ...(await Promise.all(endings)).flat()];
  }

  async #rotate(rotate: Rotate, window: Window, begin?: () => void): Promise<Ending> {
    const { id } = this.#user(rotate.user);
    const attempt = randomUUID();
    this.platform.lockedRenewal = rotate.lockedRenewal;
    const arrived = async (): Promise<void> => {
      begin?.();
      for (const change of rotate.meanwhile) await this.#change(change);
    };
    this.platform.plans.set(id, { attempt, answer: rotate.answer, arrived });
    return await this.#attempt(rotate, attempt, window);
  }

  /** Leaves the plan for the first one's request as it is. */
  async #rotateAgain(rotate: Rotate, window: Window): Promise<Ending> {
    return await this.#attempt(rotate, randomUUID(), window);
  }

  async #attempt({ user, confirmed }: Rotate, attempt: string, window: Window): Promise<Ending> {
    const { id: userId } = this.#user(user);
    try {
      const options = { confirmed: new Set(confirmed), attempt, sent: (): void => {} };
      return { kind: "rotation", userId, attempt, rotation: await rotateKey(userId, window.ports, options) };
    } catch (error) {
      return { kind: "failed", userId, attempt, error };
    }
  }

  async #one(one: One, user: Which, window: Window): Promise<Ending> {
    const { id: userId } = this.#user(user);
    try {
      return await this.#tryOne(one, userId, window);
    } catch (error) {
      return { kind: "failed", userId, error };
    }
  }

  async #tryOne(one: One, userId: string, window: Window): Promise<Ending> {
    switch (one) {
      case "verify":
        return { kind: "verified", userId, state: await window.verify(userId) };
      case "recover":
        return { kind: "recovery", userId, recovery: await window.recover(userId), isTold: true };
      case "enter":
        return await this.#enter(userId, window);
      case "storeAgain": {
        const credential = this.#shown.get(userId);
        if (!credential) return { kind: "nothing", userId };
        const recovery = await window.holdAgain(userId, credential);
        this.#shown.delete(userId);
        return { kind: "recovery", userId, recovery, isTold: true };
      }
      case "forget":
        await window.forget(userId);
        return { kind: "forgotten", userId };
      case "dismiss":
        await window.dismiss(userId);
        return { kind: "dismissed", userId };
    }
  }

  /** Somebody has the live secret; the extension takes it once S3 has accepted it. */
  async #enter(userId: string, window: Window): Promise<Ending> {
    const { accessKeyId, secretKey } = this.platform.user(userId);
    const secret = new Secret(secretKey);
    if (this.s3.judge(accessKeyId, secret).verdict !== "accepted") return { kind: "nothing", userId };
    const recovery = await window.enter(userId, { accessKeyId, secret });
    return { kind: "recovery", userId, recovery, isTold: false };
  }

  async #change(change: Change): Promise<void> {
    switch (change.what) {
      case "lock":
      case "unlock":
        return await this.platform.setLocked(this.#user(change.user).id, change.what === "lock");
      case "elsewhere":
        return await this.platform.rotateElsewhere(this.#user(change.user).id);
      case "s3":
        this.s3.trouble = change.trouble;
        return;
      case "storage":
        this.computer.secrets.trouble = change.trouble;
        return;
      case "disk":
        this.computer.disk.trouble = change.trouble;
        return;
      case "platform":
        this.platform.isDown = change.isDown;
        return;
      case "keyring":
        this.computer.isVolatile = change.isVolatile;
        return;
    }
  }

  #noteShown(ending: Ending): void {
    if (ending.kind !== "rotation") return;
    if (ending.rotation.outcome === "notStored") this.#shown.set(ending.userId, ending.rotation.credential);
  }

  #window(process: Process): Window {
    return new Window(process, this.computer, this.platform, this.s3, this.oracle);
  }

  #user(which: Which): { readonly id: string; readonly accessKeyId: string; readonly secretKey: string } {
    const user = this.platform.users.users[which];
    if (!user) throw new Error(`There is no user ${which}`);
    return user;
  }
}
