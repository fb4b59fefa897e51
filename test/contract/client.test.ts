import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { after, afterEach, before, suite, test } from "node:test";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Network } from "../../src/core/network.ts";
import { PlatformClient } from "../../src/core/platform/client.ts";
import { PlatformError, type PlatformErrorKind } from "../../src/core/platform/errors.ts";
import { S3 } from "../../src/core/s3/client.ts";
import { S3Error, type S3ErrorKind } from "../../src/core/s3/errors.ts";
import { Secret } from "../../src/core/secret.ts";
import type { FaultOptions } from "../sandbox/faults.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { RgwUser } from "../sandbox/users.ts";
import { subjects } from "./subjects.ts";
import { loopbackNetwork } from "../support/network.ts";

/** The extension's own clients against everything that stands for the platform. */
for (const subject of subjects) {
  suite(`the clients on ${subject.name}`, () => {
    let sandbox: Sandbox;
    let network: Network;
    let platform: PlatformClient;

    before(async () => {
      sandbox = await subject.start();
      network = loopbackNetwork(2_000);
      platform = new PlatformClient(new URL(sandbox.platformUrl), network.fetch, new Secret(sandbox.tokens.admin));
    });
    after(async () => {
      await network.close();
      await sandbox.close();
    });
    afterEach(() => sandbox.reset());

    const unlocked = (): RgwUser => sandbox.users.find(({ locked }) => !locked) ?? assert.fail("no unlocked user");
    const s3 = (secret = unlocked().secretKey, attempts = 1): S3 =>
      new S3(
        {
          endpoint: new URL(sandbox.s3Endpoint),
          region: sandbox.region,
          accessKeyId: unlocked().accessKeyId,
          secret: new Secret(secret),
        },
        network.fetch,
        attempts,
      );
    const fails = async (
      request: Promise<unknown>,
      kind: PlatformErrorKind,
      mayHaveActed = false,
    ): Promise<PlatformError> => {
      const error = await request.then(
        () => assert.fail("it did not fail"),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof PlatformError, String(error));
      assert.equal(error.kind, kind);
      assert.equal(error.mayHaveActed, mayHaveActed);
      return error;
    };
    const s3Fails = async (request: Promise<unknown>, kind: S3ErrorKind): Promise<void> => {
      await assert.rejects(request, (error) => error instanceof S3Error && error.kind === kind);
    };

    test("a token shows its account and its projects", async () => {
      assert.notEqual((await platform.account()).label, "");
      assert.equal((await platform.projects()).length, sandbox.projects.length);
    });

    test("a login and its password give a token, with or without the word Bearer before it; a wrong password gives none", async () => {
      const { login, password } = sandbox.signIns.accounts[0] ?? assert.fail("no account");
      const nobody = new PlatformClient(new URL(sandbox.platformUrl), network.fetch);
      for (const bearerInLogin of [true, false]) {
        sandbox.setQuirks({ bearerInLogin });
        const token = await nobody.login(login, password);
        const somebody = new PlatformClient(new URL(sandbox.platformUrl), network.fetch, token);
        assert.equal((await somebody.account()).label, login);
      }
      await fails(nobody.login(login, `${password}x`), "unauthorized");
    });

    test("users are listed with their locks, however the list comes", async () => {
      const projectId = unlocked().projectId;
      const expected = sandbox.users.filter((user) => user.projectId === projectId);
      for (const quirks of [{}, { wrapListsIn: "users" }, { pageSize: 2 }, { quotaInLists: false, mask: null }]) {
        sandbox.setQuirks(quirks);
        const users = await platform.users(projectId);
        assert.deepEqual(
          users.map(({ id, accessKeyId, locked }) => ({ id, accessKeyId, locked })),
          expected.map(({ id, accessKeyId, locked }) => ({ id, accessKeyId, locked })),
        );
      }
    });

    test("a rotation gives a secret that S3 accepts, for the same access key id, and ends the old one", async () => {
      const { id, secretKey: old, accessKeyId } = unlocked();
      const renewed = await platform.renewKey(id);
      assert.match(renewed.requestId ?? "", /^[0-9a-f-]{36}$/);
      assert.equal(renewed.locked, false);
      assert.equal(renewed.accessKeyId, accessKeyId);
      assert.ok(renewed.secret);
      await s3(renewed.secret.reveal()).buckets();
      await s3Fails(s3(old).buckets(), "rejected");
    });

    test("a locked user's key is not renewed, whatever the answer looks like", async () => {
      const { id, secretKey } = unlocked();
      await sandbox.setLocked(id, true);
      try {
        for (const lockedRenewal of ["unchanged", "masked", "empty", "missing"] as const) {
          sandbox.setQuirks({ lockedRenewal });
          assert.equal((await platform.renewKey(id)).locked, true, lockedRenewal);
        }
        await sandbox.setLocked(id, false);
        await s3(secretKey).buckets();
      } finally {
        await sandbox.setLocked(id, false);
      }
    });

    const renewal = { method: "POST", path: "*/renew_key" };
    const faults: readonly (readonly [FaultOptions, PlatformErrorKind, boolean])[] = [
      [{ kind: "status", status: 401 }, "unauthorized", false],
      [{ kind: "status", status: 403 }, "forbidden", false],
      [{ kind: "status", status: 404 }, "notFound", false],
      [{ kind: "status", status: 409 }, "conflict", false],
      [{ kind: "status", status: 422 }, "invalid", false],
      [{ kind: "status", status: 429, retryAfter: "7" }, "rateLimited", false],
      [{ kind: "status", status: 500 }, "failed", true],
      [{ kind: "html", status: 502 }, "failed", true],
      // Not the platform's words: what is in between may have kept an answer back.
      [{ kind: "html", status: 403 }, "forbidden", true],
      [{ kind: "html", status: 404 }, "notFound", true],
      [{ kind: "empty", status: 401 }, "unauthorized", false],
      [{ kind: "empty", status: 429 }, "rateLimited", false],
      [{ kind: "html", status: 200 }, "unreadable", true],
      [{ kind: "broken-json" }, "unreadable", true],
      [{ kind: "empty" }, "unreadable", true],
      [{ kind: "cut", when: "before" }, "unreachable", true],
      [{ kind: "cut", when: "after" }, "unreachable", true],
      [{ kind: "cut", when: "midway" }, "unreachable", true],
    ];
    for (const [fault, kind, mayHaveActed] of faults) {
      test(`a renewal that meets ${JSON.stringify(fault)} is ${kind}${mayHaveActed ? ", and may have acted" : ""}`, async () => {
        sandbox.faults.platform.add({ ...renewal, ...fault });
        const error = await fails(platform.renewKey(unlocked().id), kind, mayHaveActed);
        if (fault.kind === "status") assert.ok(error.requestId, "no request id");
        if ("retryAfter" in fault) assert.equal(error.retryAfter, 7);
        assert.ok(!error.message.includes(unlocked().secretKey) && !error.message.includes(sandbox.tokens.admin));
      });
    }

    test("a renewal without an answer in time may have acted, and in the end it has", async () => {
      const { id, secretKey } = unlocked();
      sandbox.faults.platform.add({ ...renewal, kind: "latency", ms: 2_500 });
      await fails(platform.renewKey(id), "unreachable", true);
      for (const limit = Date.now() + 10_000; sandbox.user(id).secretKey === secretKey; await delay(50)) {
        assert.ok(Date.now() < limit, "the sandbox never acted");
      }
    });

    test("a slow answer is waited for as long as it keeps coming", async () => {
      sandbox.faults.platform.add({ method: "GET", path: "*/rgw/users", kind: "slow-body", bytes: 200, everyMs: 10 });
      assert.ok((await platform.users(unlocked().projectId)).length > 0);
    });

    test("a wrong token is unauthorized, and a request can be stopped", async () => {
      const stranger = new PlatformClient(new URL(sandbox.platformUrl), network.fetch, new Secret("bnerd_tok_wrong"));
      await fails(stranger.account(), "unauthorized");
      const controller = new AbortController();
      const request = platform.account(controller.signal);
      controller.abort();
      await assert.rejects(request, { name: "AbortError" });
    });

    test("buckets come with their size and count, objects page by page with odd keys unharmed", async () => {
      const { accessKeyId, secretKey } = unlocked();
      const sdk = new S3Client({
        endpoint: sandbox.s3Endpoint,
        region: sandbox.region,
        forcePathStyle: true,
        requestChecksumCalculation: "WHEN_REQUIRED",
        credentials: { accessKeyId, secretAccessKey: secretKey },
      });
      const Bucket = `contract-${Date.now()}`;
      const odd = ["a b+c%.txt", "ümläut/é.txt", "line\nbreak", "tab\there", "😀", "double//slash"];
      await sdk.send(new CreateBucketCommand({ Bucket }));
      const keys = [...odd, ...Array.from({ length: 1_005 }, (_, i) => `many/${String(i).padStart(4, "0")}`)];
      const queue = keys.values();
      const put = async (): Promise<void> => {
        for (const Key of queue) await sdk.send(new PutObjectCommand({ Bucket, Key, Body: new Uint8Array([1, 2, 3]) }));
      };
      await Promise.all(Array.from({ length: 8 }, put));
      sdk.destroy();

      assert.ok((await s3().buckets()).some(({ name }) => name === Bucket));
      assert.deepEqual(await s3().usage(Bucket), { objects: keys.length, bytes: 3 * keys.length });
      const top = await s3().objects({ bucket: Bucket, prefix: "" });
      assert.deepEqual([...top.folders].toSorted(), ["double/", "many/", "ümläut/"].toSorted());
      assert.deepEqual(
        top.objects.map(({ key }) => key).toSorted(),
        odd.filter((key) => !key.includes("/")).toSorted(),
      );
      assert.equal(top.objects[0]?.size, 3);
      assert.deepEqual((await s3().objects({ bucket: Bucket, prefix: "double/" })).folders, ["double//"]);

      const first = await s3().objects({ bucket: Bucket, prefix: "many/" });
      assert.equal(first.objects.length, 1_000);
      assert.ok(first.next);
      const second = await s3().objects({ bucket: Bucket, prefix: "many/", next: first.next });
      assert.equal(second.objects.length, 5);
      assert.equal(second.next, undefined);
    });

    test("what S3 says of a key is told apart", async () => {
      await s3Fails(s3("a-wrong-secret").buckets(), "rejected");
      await s3Fails(s3().objects({ bucket: "nobody-has-this-bucket", prefix: "" }), "noSuchBucket");
      const unknown = new S3(
        {
          endpoint: new URL(sandbox.s3Endpoint),
          region: sandbox.region,
          accessKeyId: "NOBODY",
          secret: new Secret("x"),
        },
        network.fetch,
        1,
      );
      await s3Fails(unknown.buckets(), "unknownKey");
      const { id } = unlocked();
      await sandbox.setSuspended(id, true);
      await s3Fails(s3().buckets(), "suspended").finally(() => sandbox.setSuspended(id, false));
    });

    test("S3 that is cut off, busy or somebody else is told apart", async () => {
      const cases: readonly (readonly [FaultOptions, S3ErrorKind])[] = [
        [{ kind: "cut", when: "before" }, "unreachable"],
        [{ kind: "status", status: 503, code: "SlowDown" }, "busy"],
        [{ kind: "status", status: 403, code: "RequestTimeTooSkewed" }, "clock"],
        [{ kind: "html", status: 200 }, "unreadable"],
        [{ kind: "html", status: 502 }, "unreadable"],
      ];
      for (const [fault, kind] of cases) {
        const planned = sandbox.faults.s3.add(fault);
        await s3Fails(s3().buckets(), kind);
        planned.remove();
      }
    });
  });
}
