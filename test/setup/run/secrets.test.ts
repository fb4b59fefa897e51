import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { findLeaks } from "./secrets.ts";

const secret = "aB3/dE+fGh1jKlMn0pQrStUvWxYz4567890AbCd=";

suite("The search for secrets", () => {
  let dir: string;
  before(async () => (dir = await mkdtemp(join(tmpdir(), "rgw-keyring-secrets-"))));
  after(() => rm(dir, { recursive: true }));

  const forms: Readonly<Record<string, string>> = {
    "as it is": `signing with ${secret}.`,
    "right beside other text": `x${secret}x`,
    "percent-encoded": `GET /?secret-key=${encodeURIComponent(secret)}&more`,
    "in Base64": Buffer.from(`user:${secret}:more`).toString("base64"),
    "in Base64 from the second byte": Buffer.from(`:${secret}`).toString("base64"),
    "in Base64 from the third byte": Buffer.from(`u:${secret}`).toString("base64"),
  };
  for (const [how, text] of Object.entries(forms)) {
    test(`finds one ${how}, in a file of a folder`, async () => {
      const file = join(dir, "logs", "exthost.log");
      await mkdir(join(dir, "logs"), { recursive: true });
      await writeFile(file, `first line\n${text}\n`);
      assert.deepEqual(
        (await findLeaks(dir, ["another-secret-of-the-same-kind", secret])).map((leak) => leak.file),
        [file],
      );
    });
  }

  test("finds nothing where there is none", async () => {
    await writeFile(join(dir, "logs", "exthost.log"), `${secret.slice(0, -2)} and ${secret.slice(1)}`);
    assert.deepEqual(await findLeaks(dir, [secret]), []);
  });
});
