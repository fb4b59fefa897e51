import assert from "node:assert/strict";
import { test } from "node:test";
import { type RotationPorts, rotateKey } from "../../../src/core/keys/rotate.ts";
import { settleKey } from "../../../src/core/keys/settle.ts";
import { NotStoredError, Vault, keyState } from "../../../src/core/keys/vault.ts";
import { PlatformError } from "../../../src/core/platform/errors.ts";
import { S3Error, type Verdict } from "../../../src/core/s3/errors.ts";
import { Secret } from "../../../src/core/secret.ts";

/** A small world: a platform with one user and an S3 endpoint that knows the live secret, and a place to store. */
class World {
  live = "secret-old-0123456789";
  locked = false;
  readonly entries = new Map<string, string>();
  readonly vault = new Vault(
    {
      get: async (key) => this.entries.get(key),
      store: async (key, value) => void this.entries.set(key, value),
      delete: async (key) => void this.entries.delete(key),
    },
    "https://platform.test",
    "https://s3.test",
  );

  async remember(secret: string): Promise<void> {
    await this.vault.accept("u1", "AKIA1", new Secret(secret), new Date(0));
  }

  judge = async (_: string, secret: Secret): Promise<Verdict> =>
    secret.reveal() === this.live
      ? { verdict: "accepted" }
      : { verdict: "rejected", error: new S3Error("ListBuckets", "rejected", { code: "SignatureDoesNotMatch" }) };

  ports(changes: Partial<RotationPorts> = {}): RotationPorts {
    return {
      readUser: async () => ({ id: "u1", name: "app", projectId: "p1", accessKeyId: "AKIA1", locked: this.locked }),
      checkStorage: () => this.vault.check(),
      storedSecret: async () => (await this.vault.get("u1"))?.secret,
      renewKey: async () => {
        this.live = "secret-new-9876543210";
        return { locked: false, accessKeyId: "AKIA1", secret: new Secret(this.live) };
      },
      hold: (accessKeyId, secret) => this.vault.hold("u1", accessKeyId, secret, new Date(1)),
      judge: this.judge,
      accept: (accessKeyId, secret) => this.vault.accept("u1", accessKeyId, secret, new Date(2)),
      wait: async () => {},
      ...changes,
    };
  }
}

test("a rotation stores the new secret and proves it", async () => {
  const world = new World();
  await world.remember(world.live);
  const rotation = await rotateKey(world.ports());
  assert.equal(rotation.outcome, "rotated");
  const key = await world.vault.get("u1");
  assert.equal(key?.secret?.reveal(), "secret-new-9876543210");
  assert.equal(key?.held, undefined);
  assert.deepEqual(key?.rotatedAt, new Date(1));
  assert.equal(keyState(key), "accepted");
});

test("the new secret is stored before S3 is asked about it", async () => {
  const world = new World();
  const judge = async (id: string, secret: Secret): Promise<Verdict> => {
    assert.ok((await world.vault.get("u1"))?.held?.equals(secret));
    return world.judge(id, secret);
  };
  assert.equal((await rotateKey(world.ports({ judge }))).outcome, "rotated");
});

test("a locked user is not rotated, and nothing is called", async () => {
  const world = new World();
  world.locked = true;
  const renewKey = (): never => assert.fail("renew_key was called");
  assert.deepEqual(await rotateKey(world.ports({ renewKey })), { outcome: "locked", seen: "before" });
});

for (const secret of [new Secret("secret-old-0123456789"), new Secret("something-else"), undefined]) {
  test(`a lock that came in between changes nothing stored (${secret ? "a secret" : "no secret"} in the answer)`, async () => {
    const world = new World();
    await world.remember(world.live);
    const before = new Map(world.entries);
    const renewKey = async () => ({ locked: true, accessKeyId: "AKIA1", ...(secret && { secret }) });
    assert.deepEqual(await rotateKey(world.ports({ renewKey })), { outcome: "locked", seen: "meanwhile" });
    assert.deepEqual(world.entries, before);
  });
}

test("a storage that forgets is found before the old secret dies", async () => {
  const world = new World();
  world.entries.set = () => world.entries;
  const renewKey = (): never => assert.fail("renew_key was called");
  await assert.rejects(rotateKey(world.ports({ renewKey })), NotStoredError);
});

test("a storage that fails after the call hands the secret to the caller", async () => {
  const world = new World();
  const hold = async (): Promise<never> => Promise.reject(new NotStoredError());
  const rotation = await rotateKey(world.ports({ hold }));
  assert.equal(rotation.outcome, "notStored");
  assert.equal(rotation.outcome === "notStored" && rotation.credential.secret.reveal(), world.live);
});

test("a masked answer is never stored", async () => {
  const world = new World();
  await world.remember(world.live);
  const before = new Map(world.entries);
  const rotation = await rotateKey(world.ports({ renewKey: async () => ({ locked: false, accessKeyId: "AKIA1" }) }));
  assert.deepEqual(rotation, { outcome: "masked", oldSecret: "accepted" });
  assert.deepEqual(world.entries, before);
});

test("an answer with the stored secret says that nothing was rotated", async () => {
  const world = new World();
  await world.remember(world.live);
  const renewKey = async () => ({ locked: false, secret: new Secret(world.live) });
  assert.deepEqual(await rotateKey(world.ports({ renewKey })), { outcome: "unchanged" });
});

test("a secret that S3 does not accept is kept beside the old one", async () => {
  const world = new World();
  await world.remember(world.live);
  const renewKey = async () => ({ locked: false, accessKeyId: "AKIA1", secret: new Secret("nobody-knows-this") });
  assert.equal((await rotateKey(world.ports({ renewKey }))).outcome, "unproven");
  const key = await world.vault.get("u1");
  assert.equal(key?.held?.reveal(), "nobody-knows-this");
  assert.equal(key?.secret?.reveal(), world.live);
});

test("a gateway that learns of the secret late is waited for", async () => {
  const world = new World();
  const old = world.live;
  let waits = 0;
  const ports = world.ports();
  const rotation = await rotateKey({
    ...ports,
    renewKey: async () => {
      const renewed = await ports.renewKey();
      world.live = old;
      return renewed;
    },
    wait: async () => {
      if (++waits === 2) world.live = "secret-new-9876543210";
    },
  });
  assert.equal(rotation.outcome, "rotated");
});

for (const [acted, oldSecret] of [
  [true, "rejected"],
  [false, "accepted"],
] as const) {
  test(`a lost answer is told by the old secret: ${oldSecret}`, async () => {
    const world = new World();
    await world.remember(world.live);
    const ports = world.ports();
    const renewKey = async (): Promise<never> => {
      if (acted) await ports.renewKey();
      throw new PlatformError("POST /rgw/users/u1/renew_key", "unreachable", { mayHaveActed: true });
    };
    const rotation = await rotateKey({ ...ports, renewKey });
    assert.equal(rotation.outcome === "lost" && rotation.oldSecret, oldSecret);
  });
}

test("a refusal that changed nothing is thrown as it is", async () => {
  const refused = new PlatformError("POST /rgw/users/u1/renew_key", "forbidden", { status: 403, mayHaveActed: false });
  await assert.rejects(rotateKey(new World().ports({ renewKey: async () => Promise.reject(refused) })), refused);
});

test("settling prefers a held secret that S3 accepts, and falls back to the one before", async () => {
  for (const live of ["held-1", "before-1"]) {
    const world = new World();
    world.live = live;
    await world.remember("before-1");
    await world.vault.hold("u1", "AKIA1", new Secret("held-1"), new Date(1));
    const key = await world.vault.get("u1");
    assert.ok(key);
    const verdict = await settleKey(key, {
      judge: world.judge,
      accept: (id, secret) => world.vault.accept("u1", id, secret, new Date(2)),
      reject: () => world.vault.reject("u1", new Date(2)),
    });
    assert.equal(verdict.verdict, "accepted");
    assert.equal((await world.vault.get("u1"))?.secret?.reveal(), live);
  }
});

test("settling marks a rejected key and throws nothing away", async () => {
  const world = new World();
  world.live = "rotated-elsewhere";
  await world.remember("before-1");
  const key = await world.vault.get("u1");
  assert.ok(key);
  await settleKey(key, {
    judge: world.judge,
    accept: async () => assert.fail(),
    reject: () => world.vault.reject("u1", new Date(2)),
  });
  assert.equal(keyState(await world.vault.get("u1")), "rejected");
  assert.equal((await world.vault.get("u1"))?.secret?.reveal(), "before-1");
});

test("a key is bound to the platform and the S3 endpoint it was stored for", async () => {
  const world = new World();
  await world.remember(world.live);
  const store = { get: async (key: string) => world.entries.get(key), store: async () => {}, delete: async () => {} };
  assert.equal(await new Vault(store, "https://platform.test", "https://evil.test").get("u1"), undefined);
  assert.equal(await new Vault(store, "https://evil.test", "https://s3.test").get("u1"), undefined);
  assert.ok(await new Vault(store, "https://platform.test", "https://s3.test").get("u1"));
});
