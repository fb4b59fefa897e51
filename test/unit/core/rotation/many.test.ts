import assert from "node:assert/strict";
import { test } from "node:test";
import { DiskError } from "../../../../src/core/files.ts";
import { PlatformError } from "../../../../src/core/platform/errors.ts";
import type { RenewedKey } from "../../../../src/core/platform/schema.ts";
import { type Batch, Batches } from "../../../../src/core/rotation/batches.ts";
import { type ManyPorts, type Result, rotateMany } from "../../../../src/core/rotation/many.ts";
import type { RotationPorts } from "../../../../src/core/rotation/ports.ts";
import { S3Error, type Verdict } from "../../../../src/core/s3/errors.ts";
import { Secret } from "../../../../src/core/secret.ts";
import { MemoryTexts } from "../../../support/memory.ts";
import { World } from "./world.ts";

/** The small world with several users. */
class Crowd extends World {
  readonly lives = new Map(["u1", "u2", "u3"].map((id) => [id, `secret-of-${id}-0`]));
  readonly lockedIds = new Set<string>();
  readonly renewed: string[] = [];
  readonly texts = new MemoryTexts();
  readonly batches = new Batches(this.texts, "https://platform.test", "https://s3.test");
  readonly results: Result[] = [];
  readonly turns: string[] = [];

  crowdPorts(changes: Partial<RotationPorts> = {}): RotationPorts {
    return this.ports({
      readUser: async (id) => ({
        id,
        name: id,
        projectId: "p1",
        accessKeyId: `AKIA${id}`,
        locked: this.lockedIds.has(id),
      }),
      renewKey: this.renew,
      judge: this.judgeCrowd,
      ...changes,
    });
  }

  readonly renew = async (id: string): Promise<RenewedKey> => {
    this.renewed.push(id);
    const secret = `secret-of-${id}-${this.renewed.length}`;
    this.lives.set(id, secret);
    return { locked: false, accessKeyId: `AKIA${id}`, secret: new Secret(secret) };
  };

  readonly judgeCrowd = async (accessKeyId: string, secret: Secret): Promise<Verdict> =>
    this.lives.get(accessKeyId.slice(4)) === secret.reveal()
      ? { verdict: "accepted" }
      : { verdict: "rejected", error: new S3Error("ListBuckets", "rejected", { code: "SignatureDoesNotMatch" }) };

  many(changes: Partial<RotationPorts> = {}, signal = new AbortController().signal): ManyPorts {
    return {
      rotation: this.crowdPorts(changes),
      batches: this.batches,
      signal,
      turn: ({ id }, index) => void this.turns.push(`${index} ${id}`),
      pause: ({ id }, seconds) => void this.turns.push(`${id} waits ${seconds} s`),
      tell: async (_, result) => {
        this.results.push(result);
        return { isRotated: result.kind === "rotation" && result.rotation.outcome === "rotated", text: result.kind };
      },
    };
  }

  batch(): Batch {
    return this.batches.create([...this.lives.keys()].map((id) => ({ id, name: id, confirmed: [] })));
  }

  async holdsAll(): Promise<boolean> {
    const held = await Promise.all(
      [...this.lives].map(async ([id, live]) => (await this.vault.get(id))?.secret?.reveal() === live),
    );
    return held.every(Boolean);
  }
}

function states({ users }: Batch): readonly (boolean | undefined)[] {
  return users.map(({ result }) => result?.isRotated);
}

test("several users are rotated one after the other, with a result for each", async () => {
  const crowd = new Crowd();
  const ended = await rotateMany(crowd.batch(), crowd.many());
  assert.deepEqual(states(ended), [true, true, true]);
  assert.deepEqual(crowd.turns, ["0 u1", "1 u2", "2 u3"]);
  assert.ok(await crowd.holdsAll());
  assert.ok(![...crowd.texts.texts.values()].join().includes("secret-of"), "no secret on disk");
});

test("one that is locked meanwhile does not keep the others from their turn", async () => {
  const crowd = new Crowd();
  crowd.lockedIds.add("u2");
  assert.deepEqual(states(await rotateMany(crowd.batch(), crowd.many())), [true, false, true]);
  assert.deepEqual(crowd.renewed, ["u1", "u3"]);
});

test("stop means before the next one", async () => {
  const crowd = new Crowd();
  const controller = new AbortController();
  const renewKey = async (id: string): Promise<RenewedKey> => {
    controller.abort();
    return await crowd.renew(id);
  };
  const ended = await rotateMany(crowd.batch(), crowd.many({ renewKey }, controller.signal));
  assert.deepEqual(states(ended), [true, undefined, undefined]);
  assert.deepEqual(crowd.renewed, ["u1"]);
});

test("a pause that the platform asks for is kept, as long as it says", async () => {
  const crowd = new Crowd();
  let refusals = 2;
  const renewKey = async (id: string): Promise<RenewedKey> => {
    if (id === "u2" && refusals-- > 0) {
      throw new PlatformError("POST /x", "rateLimited", { status: 429, retryAfter: 7, mayHaveActed: false });
    }
    return await crowd.renew(id);
  };
  assert.deepEqual(states(await rotateMany(crowd.batch(), crowd.many({ renewKey }))), [true, true, true]);
  assert.deepEqual(
    crowd.waited.filter((milliseconds) => milliseconds === 7_000),
    [7_000, 7_000],
  );
  assert.deepEqual(crowd.turns, ["0 u1", "1 u2", "u2 waits 7 s", "u2 waits 7 s", "2 u3"]);
});

test("a pause can be stopped", async () => {
  const crowd = new Crowd();
  const controller = new AbortController();
  const tooMany = new PlatformError("POST /x", "rateLimited", { status: 429, retryAfter: 3600, mayHaveActed: false });
  const wait = async (): Promise<void> => {
    controller.abort();
    await new Promise(() => {});
  };
  const ports = crowd.many({ renewKey: async () => Promise.reject(tooMany), wait }, controller.signal);
  assert.deepEqual(states(await rotateMany(crowd.batch(), ports)), [undefined, undefined, undefined]);
});

for (const [what, error, isOnlyAboutOne] of [
  ["a user that is gone", new PlatformError("GET /x", "notFound", { status: 404, mayHaveActed: false }), true],
  ["a token that expired", new PlatformError("GET /x", "unauthorized", { status: 401, mayHaveActed: false }), false],
  ["a platform out of reach", new PlatformError("GET /x", "unreachable", { mayHaveActed: false }), false],
] as const) {
  test(`${what} ${isOnlyAboutOne ? "is one user's trouble" : "stops all, before another secret dies"}`, async () => {
    const crowd = new Crowd();
    const ports = crowd.crowdPorts();
    const readUser: RotationPorts["readUser"] = async (id) => {
      if (id === "u2") throw error;
      return await ports.readUser(id);
    };
    const ended = await rotateMany(crowd.batch(), crowd.many({ readUser }));
    assert.deepEqual(states(ended), [true, false, isOnlyAboutOne ? true : undefined]);
  });
}

test("a storage that fails in the middle stops all, and the secret is handed over", async () => {
  const crowd = new Crowd();
  const renewKey = async (id: string): Promise<RenewedKey> => {
    if (id === "u2") Object.assign(crowd.secrets, { store: async () => Promise.reject(new Error("locked")) });
    return await crowd.renew(id);
  };
  const ended = await rotateMany(crowd.batch(), crowd.many({ renewKey }));
  assert.deepEqual(states(ended), [true, false, undefined]);
  const last = crowd.results.at(-1);
  assert.ok(last?.kind === "rotation" && last.rotation.outcome === "notStored");
});

test("a disk that is full stops all before the next rotation", async () => {
  const crowd = new Crowd();
  const batch = crowd.batch();
  crowd.texts.write = async () => Promise.reject(new DiskError("folder", { code: "ENOSPC" }));
  const ended = await rotateMany(batch, crowd.many());
  assert.deepEqual(states(ended), [false, undefined, undefined]);
  const [first] = crowd.results;
  assert.ok(first?.kind === "failure" && first.error instanceof DiskError);
  assert.deepEqual(crowd.renewed, []);
});

/** Ends, as far as the batch can see, at the nth call of renew_key; `acted`: after the platform did it. */
async function crashAt(crowd: Crowd, nth: number, where: "before" | "after" | "later"): Promise<void> {
  const crash = new Promise<void>((resolve) => {
    const renewKey = async (id: string): Promise<RenewedKey> => {
      const isIt = crowd.renewed.length + 1 === nth;
      if (isIt && where === "before") {
        resolve();
        await new Promise(() => {});
      }
      const answer = await crowd.renew(id);
      if (isIt && where === "after") {
        resolve();
        await new Promise(() => {});
      }
      return answer;
    };
    const ports = crowd.many({ renewKey });
    const tell: ManyPorts["tell"] = async (user, result) => {
      if (where === "later" && crowd.renewed.length === nth) {
        resolve();
        await new Promise(() => {});
      }
      return await ports.tell(user, result);
    };
    void rotateMany(crowd.batch(), { ...ports, tell });
  });
  await crash;
  crowd.locks.releaseAll();
}

async function resumed(crowd: Crowd): Promise<Batch> {
  const [batch] = await crowd.batches.all();
  return await rotateMany(batch ?? assert.fail("no batch was left"), crowd.many());
}

test("a batch that ended before a request goes on with it", async () => {
  const crowd = new Crowd();
  for (const [id, secret] of crowd.lives) await crowd.vault.accept(id, `AKIA${id}`, new Secret(secret), new Date(0));
  await crashAt(crowd, 2, "before");
  assert.deepEqual(states(await resumed(crowd)), [true, true, true]);
  assert.deepEqual(crowd.renewed, ["u1", "u2", "u3"]);
  assert.ok(await crowd.holdsAll());
});

test("a batch that ended before an answer says so of that user, and goes on with the others", async () => {
  const crowd = new Crowd();
  for (const [id, secret] of crowd.lives) await crowd.vault.accept(id, `AKIA${id}`, new Secret(secret), new Date(0));
  await crashAt(crowd, 2, "after");
  const ended = await resumed(crowd);
  assert.deepEqual(states(ended), [true, false, true]);
  assert.deepEqual(crowd.renewed, ["u1", "u2", "u3"], "u2 is not rotated again unasked");
  const told = crowd.results.find((result) => result.kind === "recovery");
  assert.ok(told?.kind === "recovery" && told.recovery.outcome === "open" && told.recovery.record.finding === "lost");
});

test("a batch that ended after a rotation, but before its result was written, does not rotate twice", async () => {
  const crowd = new Crowd();
  await crashAt(crowd, 2, "later");
  const ended = await resumed(crowd);
  assert.deepEqual(crowd.renewed, ["u1", "u2", "u3"]);
  assert.ok(ended.users.every(({ result }) => result));
  assert.ok(await crowd.holdsAll());
});
