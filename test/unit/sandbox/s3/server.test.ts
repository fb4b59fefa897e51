import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { signedRequest } from "../../../contract/rawS3.ts";
import type { RawRequest } from "../../../contract/rawS3.ts";
import type { S3Identity, S3Server } from "../../../sandbox/backend.ts";
import { startS3Server } from "../../../sandbox/s3/server.ts";

const user: S3Identity = { userId: "u1", displayName: "backups", secretKey: "s", suspended: false, maxSizeKb: -1 };

/** What the embedded server does besides S3: the rest of it is in the contract suite. */
describe("the embedded S3 server", () => {
  let dataDir: string;
  let server: S3Server;

  const start = () => startS3Server({ dataDir, region: "de-muc1", lookup: (id) => (id === "KEY" ? user : undefined) });
  const ask = (request: RawRequest) =>
    signedRequest({ endpoint: server.endpoint, region: "de-muc1", accessKeyId: "KEY", secretAccessKey: "s" }, request);
  const bodies = () => readdir(join(dataDir, "bodies"));

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "rgw-keyring-s3-"));
    server = await start();
  });
  after(async () => {
    await server.close();
    await rm(dataDir, { recursive: true });
  });

  it("finds buckets and objects again when it is started anew", async () => {
    await ask({ method: "PUT", path: "/kept" });
    await ask({ method: "PUT", path: "/kept/a%20file", body: "still here" });
    await server.close();
    server = await start();
    assert.equal((await ask({ path: "/kept/a%20file" })).text, "still here");
    assert.match((await ask({ path: "/kept" })).text, /<Key>a file<\/Key>/);
  });

  it("keeps one file per body, named by no key, and none that nobody needs", async () => {
    const others = await bodies();
    for (const body of ["one", "two"]) await ask({ method: "PUT", path: "/kept/../escape", body });
    await ask({ method: "PUT", path: "/kept/refused", body: "x", payload: "0".repeat(64) });
    await ask({ method: "PUT", path: "/kept/refused", body: "x", headers: { "if-match": "none" } });
    const files = await bodies();
    assert.equal(files.length, others.length + 1);
    for (const file of files) assert.match(file, /^[0-9a-f-]{36}$/);
    assert.deepEqual(await readdir(join(dataDir, "incoming")), []);
    await ask({ method: "DELETE", path: "/kept/../escape" });
    assert.deepEqual(await bodies(), others);
  });

  it("tells a user's buckets, and deletes one only when it is empty and theirs", async () => {
    await ask({ method: "PUT", path: "/empty" });
    const buckets = await server.listBuckets("u1");
    assert.deepEqual(buckets.map(({ name, sizeBytes, objectCount }) => [name, sizeBytes, objectCount]), [["empty", 0, 0], ["kept", 10, 1]]); // prettier-ignore
    assert.deepEqual(await server.listBuckets("u2"), []);
    assert.equal(await server.deleteBucket("u2", "empty"), "missing");
    assert.equal(await server.deleteBucket("u1", "kept"), "not-empty");
    assert.equal(await server.deleteBucket("u1", "empty"), "deleted");
    assert.equal(await server.deleteBucket("u1", "empty"), "missing");
  });

  it("leaves nothing of a user that is purged", async () => {
    await ask({ method: "PUT", path: "/kept/more", body: "x" });
    await ask({ method: "POST", path: "/kept/parts", query: { uploads: "" } });
    await server.purgeUser("u1");
    assert.deepEqual(await server.listBuckets("u1"), []);
    assert.deepEqual(await bodies(), []);
    assert.equal((await ask({ path: "/kept" })).code, "NoSuchBucket");
  });
});
