import assert from "node:assert/strict";
import { test } from "node:test";
import { DiskError } from "../../../../src/core/files.ts";
import { NotStoredError, keyState } from "../../../../src/core/keys/vault.ts";
import { PlatformError } from "../../../../src/core/platform/errors.ts";
import type { RotationRecord } from "../../../../src/core/rotation/journal.ts";
import { recoverRotation } from "../../../../src/core/rotation/recover.ts";
import { Secret } from "../../../../src/core/secret.ts";
import { World, newSecret, oldSecret } from "./world.ts";

const call = "POST /rgw/users/u1/renew_key";
const neverCalled = (): never => assert.fail("renew_key was called");

async function remembering(): Promise<World> {
  const world = new World();
  await world.remember(oldSecret);
  return world;
}

test("a rotation stores the new secret, proves it, proves the old one dead, and leaves a receipt", async () => {
  const world = await remembering();
  const rotation = await world.rotate();
  assert.ok(rotation.outcome === "rotated", rotation.outcome);
  const key = await world.vault.get("u1");
  assert.equal(key?.secret?.reveal(), newSecret);
  assert.deepEqual(key?.held, []);
  assert.deepEqual(key?.rotatedAt, new Date(1));
  assert.equal(keyState(key), "accepted");
  assert.equal(await world.journal.open("u1"), undefined);
  const receipt = await world.journal.receipt("u1");
  assert.deepEqual(receipt, rotation.receipt);
  assert.equal(receipt?.oldKeyFate, "rejected");
  assert.ok((receipt?.acceptedAfter ?? -1) >= 0 && (receipt?.rejectedAfter ?? -1) >= (receipt?.acceptedAfter ?? 0));
  assert.notEqual(receipt?.newKey, receipt?.oldKeys[0]);
  assert.match(receipt?.newKey ?? "", /^[0-9a-f]{16}$/);
});

test("the intent is in the journal before the request is sent, and the secret stored before S3 is asked", async () => {
  const world = await remembering();
  const seen: (string | undefined)[] = [];
  await world.rotate({
    renewKey: async () => {
      seen.push((await world.journal.open("u1"))?.phase);
      return await world.renewKey();
    },
    judge: async (id, secret) => {
      if (secret.reveal() === newSecret) {
        seen.push((await world.journal.open("u1"))?.phase);
        const key = await world.vault.get("u1");
        assert.ok((key?.held[0]?.secret ?? key?.secret)?.equals(secret));
      }
      return await world.judge(id, secret);
    },
  });
  assert.deepEqual(seen, ["requested", "held"]);
});

test("the journal moves through its phases, and has no secret in it", async () => {
  const world = await remembering();
  const phases: string[] = [];
  world.open.write = async (name, text) => {
    phases.push((JSON.parse(text) as RotationRecord).phase);
    world.open.texts.set(name, text);
    assert.ok(!text.includes(oldSecret) && !text.includes(newSecret));
  };
  await world.rotate();
  assert.deepEqual(phases, ["requested", "received", "held", "proved"]);
  assert.ok(!world.files.includes(oldSecret) && !world.files.includes(newSecret));
});

test("a locked user is not rotated, and nothing is called", async () => {
  const world = new World();
  world.locked = true;
  const rotation = await world.rotate({ renewKey: neverCalled });
  assert.ok(rotation.outcome === "locked" && rotation.seen === "before");
});

for (const [what, secret] of [
  ["the old secret", new Secret(oldSecret)],
  ["another text", new Secret("something-else")],
  ["no secret", undefined],
] as const) {
  test(`a lock that came in between changes nothing stored (${what} in the answer)`, async () => {
    const world = await remembering();
    const before = (await world.vault.get("u1"))?.secret;
    const rotation = await world.rotate({
      renewKey: async () => ({ locked: true, accessKeyId: "AKIA1", ...(secret && { secret }) }),
    });
    assert.ok(rotation.outcome === "locked" && rotation.seen === "meanwhile");
    const key = await world.vault.get("u1");
    assert.ok(before && key?.secret?.equals(before));
    assert.deepEqual(key?.held, []);
    assert.equal(await world.journal.open("u1"), undefined);
  });
}

test("a lock that came after the rotation, but before its answer, does not cost the new secret", async () => {
  const world = await remembering();
  const rotation = await world.rotate({ renewKey: async () => ({ ...(await world.renewKey()), locked: true }) });
  assert.equal(rotation.outcome, "rotated");
  assert.equal((await world.vault.get("u1"))?.secret?.reveal(), newSecret);
});

test("a lock after the rotation does not cost the new secret where S3 is silent, either", async () => {
  const world = await remembering();
  const rotation = await world.rotate({
    renewKey: async () => {
      world.s3Trouble = "unreachable";
      return { ...(await world.renewKey()), locked: true };
    },
  });
  assert.equal(rotation.outcome, "unproven");
  assert.equal((await world.vault.get("u1"))?.held[0]?.secret.reveal(), newSecret);
});

test("a locked answer that nothing speaks for or against is told as the platform's word, and its secret is not thrown away", async () => {
  const world = new World();
  const rotation = await world.rotate({
    renewKey: async () => ({ locked: true, accessKeyId: "AKIA1", secret: new Secret(world.live) }),
  });
  assert.ok(rotation.outcome === "locked" && rotation.seen === "meanwhile");
  assert.equal(rotation.unsure?.secret.reveal(), world.live);
  assert.equal(await world.vault.get("u1"), undefined);
});

test("a locked answer stays open where S3 could not be asked about the stored secret, and is cleared up later", async () => {
  const world = await remembering();
  world.s3Trouble = "unreachable";
  const rotation = await world.rotate(
    { renewKey: async () => ({ ...(await world.renewKey()), locked: true }) },
    { confirmed: new Set(["s3"]) },
  );
  assert.ok(rotation.outcome === "locked" && rotation.unsure?.secret.reveal() === newSecret);
  assert.equal((await world.journal.open("u1"))?.finding, "undecided");
  world.s3Trouble = undefined;
  const recovery = await recoverRotation("u1", world.ports());
  assert.ok(recovery.outcome === "open" && recovery.record.finding === "unprovable");
});

test("a concern about the storage hides no other one, and not the secret from before", async () => {
  const world = new World();
  await world.remember("dead-already-1234");
  const checkStorage = async (): Promise<never> => Promise.reject(new NotStoredError(undefined, "forgets"));
  const rotation = await world.rotate({ checkStorage, renewKey: neverCalled });
  assert.ok(rotation.outcome === "changed");
  assert.deepEqual(
    rotation.inspection.concerns.map(({ kind }) => kind),
    ["storage", "elsewhere"],
  );
  await world.remember(world.live);
  const lost = await world.rotate(
    {
      checkStorage,
      renewKey: async () => {
        await world.renewKey();
        throw new PlatformError(call, "forbidden", { status: 403, mayHaveActed: false });
      },
    },
    { confirmed: new Set(["storage"]) },
  );
  assert.ok(lost.outcome === "lost" && lost.old.state === "rejected");
});

test("rotations of several users at the same time do not get in one another's way", async () => {
  const world = new World();
  const ids = ["u1", "u2", "u3", "u4"];
  await Promise.all(ids.map((id) => world.vault.check(id)));
});

test("a storage that forgets is found before the old secret dies, and the person decides", async () => {
  const world = new World();
  world.secrets.store = async () => {};
  const rotation = await world.rotate({ renewKey: neverCalled });
  assert.ok(rotation.outcome === "changed");
  assert.deepEqual(
    rotation.inspection.concerns.map(({ kind }) => kind),
    ["storage"],
  );
  const anyway = await world.rotate({}, { confirmed: new Set(["storage"]) });
  assert.ok(anyway.outcome === "notStored");
  assert.equal(anyway.credential.secret.reveal(), newSecret);
});

for (const [what, trouble] of [
  ["an endpoint out of reach", "unreachable"],
  ["a wrong clock", "clock"],
  ["an unknown key", "unknownKey"],
] as const) {
  test(`${what} is found before the call, with and without a stored secret`, async () => {
    for (const world of [new World(), await remembering()]) {
      world.s3Trouble = trouble;
      const rotation = await world.rotate({ renewKey: neverCalled });
      assert.ok(rotation.outcome === "changed");
      assert.deepEqual(
        rotation.inspection.concerns.map(({ kind }) => kind),
        ["s3"],
      );
    }
  });
}

test("a stored secret that is dead already is found before the call, and proves nothing after it", async () => {
  const world = new World();
  await world.remember("dead-already-1234");
  const rotation = await world.rotate({ renewKey: neverCalled });
  assert.ok(rotation.outcome === "changed" && rotation.inspection.concerns[0]?.kind === "elsewhere");
  const lost = await world.rotate(
    {
      renewKey: async () => {
        throw new PlatformError(call, "unreachable", { mayHaveActed: true });
      },
    },
    { confirmed: new Set(["elsewhere"]) },
  );
  assert.ok(lost.outcome === "lost" && lost.old.state === "none");
  assert.equal((await world.journal.open("u1"))?.finding, "unprovable");
});

test("a journal that cannot be written stops the rotation before the call", async () => {
  const world = await remembering();
  world.open.write = async () => Promise.reject(new DiskError("folder", { code: "ENOSPC" }));
  await assert.rejects(world.rotate({ renewKey: neverCalled }), DiskError);
});

test("a journal that fails after the call does not stop the rotation", async () => {
  const world = await remembering();
  const rotation = await world.rotate({
    renewKey: async () => {
      const full = async (): Promise<never> => Promise.reject(new DiskError("folder", { code: "ENOSPC" }));
      Object.assign(world.open, { write: full });
      Object.assign(world.receipts, { write: full });
      return await world.renewKey();
    },
  });
  assert.equal(rotation.outcome, "rotated");
  assert.equal((await world.vault.get("u1"))?.secret?.reveal(), newSecret);
  assert.ok(world.noted.length > 0 && world.noted.every((error) => error instanceof DiskError));
});

test("a storage that fails after the call hands the secret to the caller, and leaves the rotation open", async () => {
  const world = await remembering();
  const rotation = await world.rotate({
    renewKey: async () => {
      world.secrets.store = async () => Promise.reject(new Error("locked"));
      return await world.renewKey();
    },
  });
  assert.ok(rotation.outcome === "notStored");
  assert.equal(rotation.credential.secret.reveal(), newSecret);
  assert.equal((await world.journal.open("u1"))?.finding, "notStored");
});

test("a storage that never answers is given up", async () => {
  const world = await remembering();
  const rotation = await world.rotate({
    renewKey: async () => {
      world.secrets.store = () => new Promise(() => {});
      return await world.renewKey();
    },
  });
  assert.ok(rotation.outcome === "notStored" && rotation.cause instanceof NotStoredError);
});

test("a masked answer is never stored", async () => {
  const world = await remembering();
  const rotation = await world.rotate({ renewKey: async () => ({ locked: false, accessKeyId: "AKIA1" }) });
  assert.ok(rotation.outcome === "lost" && rotation.reason === "masked" && rotation.old.state === "accepted");
  assert.equal((await world.vault.get("u1"))?.secret?.reveal(), oldSecret);
  assert.deepEqual((await world.vault.get("u1"))?.held, []);
});

test("an answer with the stored secret says that nothing was rotated", async () => {
  const world = await remembering();
  const renewKey = async () => ({ locked: false, secret: new Secret(world.live) });
  assert.deepEqual(await world.rotate({ renewKey }), { outcome: "unchanged" });
  assert.equal(await world.journal.open("u1"), undefined);
});

test("an answer with another access key id, or none, does not cost the secret", async () => {
  for (const accessKeyId of ["AKIAOTHER", undefined]) {
    const world = await remembering();
    const rotation = await world.rotate({
      renewKey: async () => ({
        locked: false,
        secret: (await world.renewKey()).secret ?? assert.fail(),
        ...(accessKeyId && { accessKeyId }),
      }),
    });
    assert.equal(rotation.outcome, "rotated");
    assert.equal((await world.vault.get("u1"))?.accessKeyId, "AKIA1");
  }
});

test("a secret that S3 does not accept is kept beside the old one while that lives", async () => {
  const world = await remembering();
  const renewKey = async () => ({ locked: false, accessKeyId: "AKIA1", secret: new Secret("nobody-knows-this") });
  assert.equal((await world.rotate({ renewKey })).outcome, "unproven");
  const key = await world.vault.get("u1");
  assert.equal(key?.held[0]?.secret.reveal(), "nobody-knows-this");
  assert.equal(key?.secret?.reveal(), oldSecret);
  assert.equal((await world.journal.open("u1"))?.finding, "unproven");
});

test("a key that was rotated again elsewhere is told by both secrets being rejected", async () => {
  const world = await remembering();
  const rotation = await world.rotate({
    renewKey: async () => {
      const renewed = await world.renewKey();
      world.live = "of-somebody-else-123";
      return renewed;
    },
  });
  assert.equal(rotation.outcome, "superseded");
  assert.equal(keyState(await world.vault.get("u1")), "rejected");
  assert.equal(await world.journal.open("u1"), undefined);
});

test("a gateway that learns of the secret late is waited for", async () => {
  const world = await remembering();
  const rotation = await world.rotate({
    renewKey: async () => {
      const renewed = await world.renewKey();
      world.live = oldSecret;
      return renewed;
    },
    wait: async () => {
      if (world.waited.push(0) === 2) world.live = newSecret;
    },
  });
  assert.equal(rotation.outcome, "rotated");
});

test("an old secret that a gateway still accepts is told", async () => {
  const world = await remembering();
  const rotation = await world.rotate({
    judge: async (id, secret) => (secret.reveal() === oldSecret ? { verdict: "accepted" } : world.judge(id, secret)),
  });
  assert.ok(rotation.outcome === "rotated" && rotation.receipt.oldKeyFate === "accepted");
});

for (const [acted, state, finding] of [
  [true, "rejected", "lost"],
  [false, "accepted", undefined],
] as const) {
  test(`a lost answer is told by the old secret: ${state}, asked more than once and spaced`, async () => {
    const world = await remembering();
    let asked = 0;
    const rotation = await world.rotate({
      renewKey: async () => {
        if (acted) await world.renewKey();
        asked = 0;
        throw new PlatformError(call, "unreachable", { mayHaveActed: true });
      },
      judge: async (id, secret) => {
        asked++;
        return await world.judge(id, secret);
      },
    });
    assert.ok(rotation.outcome === "lost" && rotation.old.state === state);
    assert.ok(asked >= 2 && world.waited.length >= 1, "asked at least twice");
    assert.equal((await world.journal.open("u1"))?.finding, finding);
  });
}

test("a refusal that changed nothing is thrown as it is, and leaves no trace", async () => {
  const refused = new PlatformError(call, "forbidden", { status: 403, mayHaveActed: false });
  const world = await remembering();
  await assert.rejects(world.rotate({ renewKey: async () => Promise.reject(refused) }), refused);
  assert.equal(await world.journal.open("u1"), undefined);
});

test("a refusal that S3 gives the lie to is a lost answer", async () => {
  const world = await remembering();
  const rotation = await world.rotate({
    renewKey: async () => {
      await world.renewKey();
      throw new PlatformError(call, "forbidden", { status: 403, mayHaveActed: false });
    },
  });
  assert.ok(rotation.outcome === "lost" && rotation.old.state === "rejected");
});

test("a refused rotation leaves an earlier open one open", async () => {
  const world = new World();
  const lost = new PlatformError(call, "unreachable", { mayHaveActed: true });
  await world.rotate({ renewKey: async () => Promise.reject(lost) });
  const before = await world.journal.open("u1");
  assert.equal(before?.finding, "unprovable");
  const refused = new PlatformError(call, "forbidden", { status: 403, mayHaveActed: false });
  await assert.rejects(world.rotate({ renewKey: async () => Promise.reject(refused) }), refused);
  assert.deepEqual(await world.journal.open("u1"), before);
});

test("a second rotation of the same user is told who is at it", async () => {
  const world = await remembering();
  const rotation = await world.rotate({
    renewKey: async () => {
      assert.equal((await world.rotate({ renewKey: neverCalled })).outcome, "busy");
      return await world.renewKey();
    },
  });
  assert.equal(rotation.outcome, "rotated");
});

test("cancelling works until the request is sent, and leaves no trace", async () => {
  const world = await remembering();
  const controller = new AbortController();
  world.open.write = async (name, text) => {
    world.open.texts.set(name, text);
    controller.abort();
  };
  const { signal } = controller;
  const sent = (): never => assert.fail("sent");
  await assert.rejects(world.rotate({ renewKey: neverCalled }, { signal, sent }), { name: "AbortError" });
  assert.equal(await world.journal.open("u1"), undefined);
});

test("cancelling after the request is sent changes nothing", async () => {
  const world = await remembering();
  const controller = new AbortController();
  const rotation = await world.rotate({}, { signal: controller.signal, sent: () => controller.abort() });
  assert.equal(rotation.outcome, "rotated");
});
