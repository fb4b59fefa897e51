import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { Network } from "../../src/core/network.ts";
import { PlatformClient } from "../../src/core/platform/client.ts";
import type { Verdict } from "../../src/core/s3/errors.ts";
import { judgeKey } from "../../src/core/s3/judge.ts";
import { Secret } from "../../src/core/secret.ts";
import { S3Double } from "../rotation/sequences/s3.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { RgwUser } from "../sandbox/users.ts";
import { subjects } from "./subjects.ts";
import { loopbackNetwork } from "../support/network.ts";

/** The S3 double of test/rotation says of a key what real endpoints say by way of the extension's own judge. */
for (const subject of subjects) {
  suite(`what S3 says of a key on ${subject.name}`, () => {
    let sandbox: Sandbox;
    let network: Network;

    before(async () => {
      sandbox = await subject.start({ objects: 0 });
      network = loopbackNetwork(2_000);
    });
    after(async () => {
      await network.close();
      await sandbox.close();
    });

    const unlocked = (): RgwUser => sandbox.users.find(({ locked }) => !locked) ?? assert.fail("no unlocked user");

    /** As the double says, and the endpoint, too. */
    async function verdict(accessKeyId: string, secretKey: string): Promise<string> {
      const secret = new Secret(secretKey);
      const access = { endpoint: new URL(sandbox.s3Endpoint), region: sandbox.region, accessKeyId, secret };
      const real = wordFor(await judgeKey(access, network.fetch));
      const double = new S3Double((id) => {
        const user = sandbox.users.find((one) => one.accessKeyId === id);
        const { id: userId, name: displayName, secretKey: live, suspended } = user ?? {};
        if (!userId || !displayName || !live) return undefined;
        return { userId, displayName, secretKey: live, suspended: suspended === true, maxSizeKb: -1 };
      });
      assert.equal(wordFor(double.judge(accessKeyId, secret)), real);
      return real;
    }

    test("the right secret", async () => {
      const { accessKeyId, secretKey } = unlocked();
      assert.equal(await verdict(accessKeyId, secretKey), "accepted");
    });

    test("a wrong secret", async () => {
      assert.equal(await verdict(unlocked().accessKeyId, "not-the-secret"), "rejected SignatureDoesNotMatch");
    });

    test("an unknown access key id", async () => {
      assert.equal(await verdict("NOBODY", unlocked().secretKey), "undecided InvalidAccessKeyId");
    });

    test("a suspended user, with the right secret and with a wrong one", async () => {
      const { id, accessKeyId, secretKey } = unlocked();
      await sandbox.setSuspended(id, true);
      try {
        assert.equal(await verdict(accessKeyId, secretKey), "accepted");
        assert.equal(await verdict(accessKeyId, "not-the-secret"), "rejected SignatureDoesNotMatch");
      } finally {
        await sandbox.setSuspended(id, false);
      }
    });

    test("a secret that was rotated away, and the one that came in its place", async () => {
      const { id, accessKeyId, secretKey: old } = unlocked();
      const platform = new PlatformClient(
        new URL(sandbox.platformUrl),
        network.fetch,
        new Secret(sandbox.tokens.admin),
      );
      const { secret } = await platform.renewKey(id);
      assert.equal(await verdict(accessKeyId, old), "rejected SignatureDoesNotMatch");
      assert.equal(await verdict(accessKeyId, secret?.reveal() ?? ""), "accepted");
    });

    test("a locked user, whose key works as ever", async () => {
      const { id, accessKeyId, secretKey } = unlocked();
      await sandbox.setLocked(id, true);
      try {
        assert.equal(await verdict(accessKeyId, secretKey), "accepted");
      } finally {
        await sandbox.setLocked(id, false);
      }
    });
  });
}

function wordFor(verdict: Verdict): string {
  return verdict.verdict === "accepted" ? "accepted" : `${verdict.verdict} ${verdict.error.code}`;
}
