import assert from "node:assert/strict";
import { test } from "node:test";
import { keyState } from "../../../../src/core/keys/vault.ts";
import { PlatformError } from "../../../../src/core/platform/errors.ts";
import type { Phase } from "../../../../src/core/rotation/journal.ts";
import { type Recovery, recoverRotation } from "../../../../src/core/rotation/recover.ts";
import { S3Error, type Verdict } from "../../../../src/core/s3/errors.ts";
import { Secret } from "../../../../src/core/secret.ts";
import { World, newSecret, oldSecret } from "./world.ts";

/** What the process leaves that ends just when the journal has this phase. */
async function crashedAt(phase: Phase, world: World): Promise<void> {
  const crash = new Promise<void>((resolve) => {
    const { texts } = world.open;
    world.open.write = async (name, text) => {
      texts.set(name, text);
      if ((JSON.parse(text) as { phase: Phase }).phase !== phase) return;
      resolve();
      await new Promise(() => {});
    };
  });
  void world.rotate();
  await crash;
  world.locks.releaseAll();
  world.open.write = async (name, text) => void world.open.texts.set(name, text);
}

async function recover(world: World): Promise<Recovery> {
  return await recoverRotation("u1", world.ports());
}

async function remembering(): Promise<World> {
  const world = new World();
  await world.remember(oldSecret);
  return world;
}

test("where nothing is open there is nothing to find out", async () => {
  assert.deepEqual(await recover(new World()), { outcome: "nothing" });
});

test("a crash before the request was sent: S3 still accepts the old secret", async () => {
  const world = await remembering();
  await crashedAt("requested", world);
  assert.equal(world.live, oldSecret);
  assert.equal((await recover(world)).outcome, "notRotated");
  assert.ok(world.waited.length >= 2, "not believed at once: the platform may act late");
  assert.equal(await world.journal.open("u1"), undefined);
});

test("a crash before the request was sent, without an old secret: it cannot be told", async () => {
  const world = new World();
  await crashedAt("requested", world);
  const recovery = await recover(world);
  assert.ok(recovery.outcome === "open" && recovery.record.finding === "unprovable" && recovery.isNews);
  const again = await recover(world);
  assert.ok(again.outcome === "open" && !again.isNews, "known already");
});

for (const phase of ["received", "held", "proved"] as const) {
  test(`a crash at “${phase}”: the rotation is finished, and the secret is there`, async () => {
    const world = await remembering();
    await crashedAt(phase, world);
    assert.equal(world.live, newSecret);
    const recovery = await recover(world);
    assert.equal(recovery.outcome, "rotated");
    const key = await world.vault.get("u1");
    assert.equal(key?.secret?.reveal(), newSecret);
    assert.equal(keyState(key), "accepted");
    assert.equal(await world.journal.open("u1"), undefined);
    assert.equal((await world.journal.receipt("u1"))?.outcome, "rotated");
  });
}

test("a secret that was held although the journal missed its answer is found", async () => {
  const world = await remembering();
  await crashedAt("requested", world);
  await world.vault.hold("u1", "AKIA1", new Secret(newSecret), new Date(2));
  world.live = newSecret;
  assert.equal((await recover(world)).outcome, "rotated");
});

test("an answer that never came, to a request that took effect: the new secret is lost", async () => {
  const world = await remembering();
  await crashedAt("requested", world);
  world.live = newSecret;
  const recovery = await recover(world);
  assert.ok(recovery.outcome === "open" && recovery.record.finding === "lost");
  assert.equal(keyState(await world.vault.get("u1")), "rejected");
});

test("an S3 endpoint out of reach leaves it open; when it is back, it is cleared up", async () => {
  const world = await remembering();
  await crashedAt("held", world);
  world.s3Trouble = "unreachable";
  const recovery = await recover(world);
  assert.ok(recovery.outcome === "open" && recovery.record.finding === "unproven");
  world.s3Trouble = undefined;
  assert.equal((await recover(world)).outcome, "rotated");
});

test("without S3 and without an answer nothing is known", async () => {
  const world = await remembering();
  await crashedAt("requested", world);
  world.s3Trouble = "unreachable";
  const recovery = await recover(world);
  assert.ok(recovery.outcome === "open" && recovery.record.finding === "undecided");
});

test("a secret that SecretStorage lost after it was held is told", async () => {
  const world = await remembering();
  await crashedAt("held", world);
  world.secrets.entries.clear();
  const recovery = await recover(world);
  assert.ok(recovery.outcome === "open" && recovery.record.finding === "notStored");
});

test("a key that was rotated elsewhere after a crash is told", async () => {
  const world = await remembering();
  await crashedAt("held", world);
  world.live = "of-somebody-else-123";
  assert.equal((await recover(world)).outcome, "superseded");
  assert.equal(keyState(await world.vault.get("u1")), "rejected");
});

test("a secret that a person entered after a lost answer settles it", async () => {
  const world = new World();
  const lost = new PlatformError("POST /x", "unreachable", { mayHaveActed: true });
  await world.rotate({ renewKey: async () => Promise.reject(lost) });
  await world.remember(oldSecret);
  assert.equal((await recover(world)).outcome, "settled");
  assert.equal(await world.journal.open("u1"), undefined);
});

test("while somebody is at it, nobody else touches it", async () => {
  const world = await remembering();
  await world.rotate({
    renewKey: async () => {
      assert.equal((await recover(world)).outcome, "busy");
      return await world.renewKey();
    },
  });
});

test("a gateway that has not learnt of the new secret does not cost it", async () => {
  for (const answer of ["rejected", "busy"] as const) {
    const world = await remembering();
    await crashedAt("held", world);
    let asked = 0;
    const lagging = async (id: string, secret: Secret): Promise<Verdict> => {
      const isFirst = asked++ === 0;
      if (isFirst && answer === "busy") {
        return { verdict: "undecided", error: new S3Error("ListBuckets", "busy", { code: "SlowDown" }) };
      }
      if (asked > 2) return await world.judge(id, secret);
      return secret.reveal() === oldSecret ? { verdict: "accepted" } : await new World().judge(id, secret);
    };
    const recovery = await recoverRotation("u1", world.ports({ judge: lagging }));
    assert.equal(recovery.outcome, "rotated", answer);
    assert.equal((await world.vault.get("u1"))?.secret?.reveal(), newSecret);
  }
});

test("a secret of which S3 was not asked before proves nothing when it is dead afterwards", async () => {
  const world = await remembering();
  const rotation = await world.rotate(
    {
      readUser: async () => {
        world.s3Trouble = "unreachable";
        return { id: "u1", name: "app", projectId: "p1", accessKeyId: "AKIA1", locked: false };
      },
      renewKey: async () => {
        await world.renewKey();
        world.s3Trouble = undefined;
        throw new PlatformError("POST /x", "unreachable", { mayHaveActed: true });
      },
    },
    { confirmed: new Set(["s3"]) },
  );
  assert.ok(rotation.outcome === "lost" && rotation.old.state === "none");
  const recovery = await recover(world);
  assert.ok(recovery.outcome === "open" && recovery.record.finding === "unprovable");
});
