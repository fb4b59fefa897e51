import assert from "node:assert/strict";
import { after, before, mock, suite, test } from "node:test";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Network } from "../../src/core/network.ts";
import { PlatformClient } from "../../src/core/platform/client.ts";
import { S3 } from "../../src/core/s3/client.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { RgwUser } from "../sandbox/users.ts";
import { subjects } from "./subjects.ts";
import { loopbackNetwork } from "../support/network.ts";

const keys = [
  "plain.txt",
  "a b+c%20&d=e?f#g.txt",
  "ümläut/é 😀.txt",
  "double//slash",
  "/leading",
  "trailing/",
  "line\nbreak\ttab",
  "back\\slash",
  "it's (a) [key]!*~;,:@$",
  "../up",
  "a/../b",
  "a/./b",
  "a/..",
  "%2e%2e/escaped",
  ".",
  "..",
];

/** The extension's download links, as whoever gets one uses it: a plain GET by something that parses addresses. */
for (const subject of subjects) {
  suite(`download links on ${subject.name}`, () => {
    const bucket = `links-${Date.now()}`;
    let sandbox: Sandbox;
    let network: Network;

    before(async () => {
      sandbox = await subject.start();
      network = loopbackNetwork(5_000);
      const { accessKeyId, secretKey: secretAccessKey } = user();
      const sdk = new S3Client({
        endpoint: sandbox.s3Endpoint,
        region: sandbox.region,
        forcePathStyle: true,
        requestChecksumCalculation: "WHEN_REQUIRED",
        credentials: { accessKeyId, secretAccessKey },
      });
      await sdk.send(new CreateBucketCommand({ Bucket: bucket }));
      for (const Key of keys) await sdk.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from(Key) }));
      sdk.destroy();
    });
    after(async () => {
      await network.close();
      await sandbox.close();
    });

    const user = (): RgwUser => sandbox.users.find(({ locked }) => !locked) ?? assert.fail("no unlocked user");
    const s3 = (): S3 => {
      const { accessKeyId, secretKey } = user();
      const access = { endpoint: new URL(sandbox.s3Endpoint), region: sandbox.region, accessKeyId };
      return new S3({ ...access, secret: new Secret(secretKey) }, network.fetch);
    };
    const presign = async (key: string, seconds = 60): Promise<Secret> =>
      await s3().presignDownload({ bucket, key }, seconds);

    for (const key of keys) {
      test(`a link to ${JSON.stringify(key)} gives that object`, async () => {
        const answer = await fetch((await presign(key)).reveal());
        assert.deepEqual([answer.status, await answer.text()], [200, key]);
      });
    }

    test("a link lives as long as it says, and seven days at most", async () => {
      const link = new URL((await presign("plain.txt", 604_800)).reveal());
      assert.equal(link.searchParams.get("X-Amz-Expires"), "604800");
      assert.equal((await fetch(link)).status, 200);
      for (const seconds of [0, -1, 604_801, Number.NaN])
        await assert.rejects(presign("plain.txt", seconds), RangeError);
    });

    // The embedded S3 has this process's clock.
    if (subject.name === "rgw") {
      test("a clock that is wrong makes no dead links, once S3 has said what time it is", async () => {
        for (const hours of [-2, 2]) {
          mock.timers.enable({ apis: ["Date"], now: Date.now() + hours * 3_600_000 });
          try {
            const skewed = s3();
            await skewed.buckets();
            const link = await skewed.presignDownload({ bucket, key: "plain.txt" }, 60);
            assert.equal((await fetch(link.reveal())).status, 200, `${hours} hours`);
          } finally {
            mock.timers.reset();
          }
        }
      });
    }

    test("a link that is changed, or made for another key, is refused", async () => {
      const link = new URL((await presign("plain.txt")).reveal());
      for (const change of [
        (url: URL) => url.searchParams.set("X-Amz-Expires", "61"),
        (url: URL) => (url.pathname += "x"),
        (url: URL) => url.searchParams.set("response-content-type", "text/html"),
      ]) {
        const changed = new URL(link);
        change(changed);
        assert.equal((await fetch(changed)).status, 403);
      }
    });

    test("a rotation ends the links from before, and those from after work", async () => {
      const [old, { id }] = [await presign("plain.txt", 604_800), user()];
      assert.equal((await fetch(old.reveal())).status, 200);
      const token = new Secret(sandbox.tokens.admin);
      await new PlatformClient(new URL(sandbox.platformUrl), network.fetch, token).renewKey(id);
      assert.equal((await fetch(old.reveal())).status, 403);
      assert.equal((await fetch((await presign("plain.txt")).reveal())).status, 200);
    });
  });
}
