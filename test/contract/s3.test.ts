import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { escapeUri, presign, send, sha256Hex, signedChunkedPut, signedHeaders, signedRequest } from "./rawS3.ts";
import type { RawAnswer, RawRequest, RawTarget } from "./rawS3.ts";
import { subjects } from "./subjects.ts";
import type { Subject } from "./subjects.ts";

const partSize = 5 * 1024 * 1024;
const md5OfHello = '"5d41402abc4b2a76b9719d911017c592"';

for (const subject of subjects) {
  describe(`S3 of the sandbox (${subject.name})`, { timeout: 180_000 }, () => contract(subject));
}

interface User {
  readonly id: string;
  /** For requests as they are, byte for byte. */
  readonly target: RawTarget;
  readonly client: S3Client;
}

/** Whatever an S3 client of ours relies on: all of it holds for the embedded server and for a real Ceph RGW. */
function contract(subject: Subject): void {
  let sandbox: Sandbox;
  let owner: User;
  let stranger: User;
  let bucket: string;

  before(async () => {
    sandbox = await subject.start({ users: 3, objects: 0 });
    [owner, stranger] = [userNumber(0), userNumber(1)];
    bucket = await newBucket();
  });
  after(async () => {
    for (const user of [owner, stranger]) user?.client.destroy();
    await sandbox?.close();
  });

  function userNumber(index: number): User {
    const user = sandbox.users[index];
    assert.ok(user);
    const credentials = { accessKeyId: user.accessKeyId, secretAccessKey: user.secretKey };
    const target = { endpoint: sandbox.s3Endpoint, region: sandbox.region, ...credentials };
    return { id: user.id, target, client: clientFor(target) };
  }

  async function newBucket(user = owner): Promise<string> {
    const name = `bucket-${randomUUID()}`;
    await user.client.send(new s3.CreateBucketCommand({ Bucket: name }));
    return name;
  }

  async function put(Key: string, Body = "hello", Bucket = bucket): Promise<s3.PutObjectCommandOutput> {
    return owner.client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ContentLength: Buffer.byteLength(Body) }));
  }

  async function get(Key: string, Bucket = bucket): Promise<string> {
    const answer = await owner.client.send(new s3.GetObjectCommand({ Bucket, Key }));
    return (await answer.Body?.transformToString()) ?? "";
  }

  function raw(request: RawRequest): Promise<RawAnswer> {
    return signedRequest(owner.target, request);
  }

  function platform(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${sandbox.platformUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${sandbox.tokens.admin}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  describe("signatures in headers", () => {
    it("refuses a wrong secret, and an access key that nobody has", async () => {
      const wrong = await signedRequest({ ...owner.target, secretAccessKey: "wrong" }, { path: "/" });
      const unknown = await signedRequest({ ...owner.target, accessKeyId: "NOBODY" }, { path: "/" });
      assert.deepEqual([wrong.status, wrong.code], [403, "SignatureDoesNotMatch"]);
      assert.deepEqual([unknown.status, unknown.code], [403, "InvalidAccessKeyId"]);
    });

    it("answers an error document with a code, a request id and an empty message", async () => {
      const answer = await raw({ path: "/no-such-bucket" });
      assert.equal(answer.headers["content-type"], "application/xml");
      assert.match(
        answer.text,
        /^<\?xml version="1.0" encoding="UTF-8"\?><Error><Code>NoSuchBucket<\/Code><Message><\/Message><BucketName>no-such-bucket<\/BucketName><RequestId>tx[^<]+<\/RequestId><HostId>[^<]+<\/HostId><\/Error>$/,
      );
      assert.ok(answer.text.includes(`<RequestId>${String(answer.headers["x-amz-request-id"])}</RequestId>`));
    });

    it("refuses a HEAD without a body", async () => {
      const answer = await signedRequest({ ...owner.target, secretAccessKey: "wrong" }, { method: "HEAD", path: "/x" });
      assert.deepEqual([answer.status, answer.text], [403, ""]);
      const theirs = await refusal(stranger.client.send(new s3.HeadBucketCommand({ Bucket: bucket })));
      assert.equal(theirs.status, 403);
    });

    it("accepts any region", async () => {
      const answer = await signedRequest({ ...owner.target, region: "us-east-1" }, { path: "/" });
      assert.equal(answer.status, 200);
    });

    it("refuses a request whose time is off by more than fifteen minutes, right secret or not", async () => {
      const minutes = (count: number) => ({ path: "/", date: new Date(Date.now() + count * 60_000) });
      for (const off of [-16, 16]) {
        assert.equal((await raw(minutes(off))).code, "RequestTimeTooSkewed");
        const wrong = { ...owner.target, secretAccessKey: "wrong" };
        assert.equal((await signedRequest(wrong, minutes(off))).code, "RequestTimeTooSkewed");
      }
      for (const off of [-14, 14]) assert.equal((await raw(minutes(off))).status, 200);
    });

    it("refuses what was changed after it was signed", async () => {
      const link = { path: `/${bucket}`, query: { prefix: "a" }, headers: { "x-amz-meta-mark": "1" } };
      const signed = await signedHeaders(owner.target, link);
      assert.equal((await send(owner.target, { ...link, headers: signed })).status, 200);
      for (const changed of [
        { ...link, path: `/${bucket}x`, headers: signed },
        { ...link, query: { prefix: "b" }, headers: signed },
        { ...link, method: "HEAD", headers: signed },
        { ...link, headers: { ...signed, "x-amz-meta-mark": "2" } },
        {
          ...link,
          headers: {
            ...signed,
            "x-amz-date": signed["x-amz-date"]?.replace(/\dZ$/, (end) => (end === "0Z" ? "1Z" : "0Z")) ?? "",
          },
        },
      ]) {
        assert.equal((await send(owner.target, changed)).status, 403);
      }
    });

    it("canonicalises spaces in headers, and names and values in the query", async () => {
      const query = { prefix: "a b/ü+%&=~*'()!", delimiter: "/", "max-keys": "1", "Upper-Case": "", marker: "" };
      const headers = { "x-amz-meta-wide": "  a   b  " };
      assert.equal((await raw({ path: `/${bucket}`, query, headers })).status, 200);
    });

    it("refuses an Authorization header that makes no sense", async () => {
      for (const authorization of ["nonsense", "AWS4-HMAC-SHA256 Credential=x"]) {
        const answer = await send(owner.target, { path: "/", headers: { authorization } });
        assert.deepEqual([answer.status, answer.code], [400, "InvalidArgument"]);
      }
    });

    it("refuses a suspended user, but only once the secret is proved", async () => {
      await sandbox.setSuspended(stranger.id, true);
      try {
        const wrong = { ...stranger.target, secretAccessKey: "wrong" };
        assert.equal((await signedRequest(stranger.target, { path: "/" })).code, "UserSuspended");
        assert.equal((await signedRequest(wrong, { path: "/" })).code, "SignatureDoesNotMatch");
      } finally {
        await sandbox.setSuspended(stranger.id, false);
      }
      assert.equal((await signedRequest(stranger.target, { path: "/" })).status, 200);
    });

    it("refuses the old secret, and every link signed with it, as soon as the key is rotated", async () => {
      const old = userNumber(2);
      const link = await presign(old.target, { path: "/" });
      assert.equal((await send(old.target, { path: link })).status, 200);
      assert.equal((await platform("POST", `/rgw/users/${old.id}/renew_key`)).status, 200);

      assert.equal((await signedRequest(old.target, { path: "/" })).code, "SignatureDoesNotMatch");
      assert.equal((await send(old.target, { path: link })).code, "SignatureDoesNotMatch");
      const renewed = userNumber(2);
      assert.equal(renewed.target.accessKeyId, old.target.accessKeyId);
      assert.equal((await signedRequest(renewed.target, { path: "/" })).status, 200);
      for (const user of [old, renewed]) user.client.destroy();
    });
  });

  describe("presigned links", () => {
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

    it("read and write without any further key", async () => {
      const path = `/${bucket}/linked%20file`;
      const written = await send(owner.target, {
        method: "PUT",
        path: await presign(owner.target, { method: "PUT", path }),
        body: "linked",
      });
      assert.equal(written.status, 200);
      const query = {
        "response-content-type": "text/x-linked",
        "response-content-disposition": "attachment; filename*=UTF-8''%C3%BC",
      };
      const read = await send(owner.target, { path: await presign(owner.target, { path, query }) });
      assert.deepEqual([read.status, read.text, read.headers["content-type"]], [200, "linked", "text/x-linked"]);
      assert.equal(read.headers["content-disposition"], query["response-content-disposition"]);
    });

    it("end when their time is over, and promise seven days at most", async () => {
      const path = `/${bucket}`;
      const lives = await presign(owner.target, { path, date: ago(50) }, 60);
      const expired = await presign(owner.target, { path, date: ago(70) }, 60);
      const week = await presign(owner.target, { path }, 604_800);
      assert.equal((await send(owner.target, { path: lives })).status, 200);
      assert.equal((await send(owner.target, { path: week })).status, 200);
      for (const dead of [expired, week.replace("=604800", "=604801"), week.replace("=604800", "=0")]) {
        const answer = await send(owner.target, { path: dead });
        assert.deepEqual([answer.status, answer.code], [403, "AccessDenied"]);
      }
    });

    it("are good for what they were signed for, and nothing else", async () => {
      const link = await presign(owner.target, { path: `/${bucket}`, query: { prefix: "a" } });
      for (const changed of [
        { path: link.replace(bucket, `${bucket}x`) },
        { path: link.replace("prefix=a", "prefix=b") },
        { path: link.replace("Expires=60", "Expires=61") },
        { path: link, method: "DELETE" },
      ]) {
        assert.equal((await send(owner.target, changed)).code, "SignatureDoesNotMatch");
      }
    });
  });

  describe("bodies", () => {
    it("must have the hash that was signed, unless none was", async () => {
      const path = `/${bucket}/hashed`;
      const other = await raw({ method: "PUT", path, body: "abc", payload: sha256Hex("abd") });
      assert.deepEqual([other.status, other.code], [400, "XAmzContentSHA256Mismatch"]);
      assert.equal((await raw({ path })).code, "NoSuchKey");
      assert.equal((await raw({ method: "PUT", path, body: "abc", payload: "UNSIGNED-PAYLOAD" })).status, 200);
    });

    it("must have the MD5 that the header tells", async () => {
      const path = `/${bucket}/md5`;
      const withMd5 = (md5: string) => raw({ method: "PUT", path, body: "hello", headers: { "content-md5": md5 } });
      assert.equal((await withMd5("XUFAKrxLKna5cZ2REBfFkg==")).status, 200);
      assert.equal((await withMd5("AAAAAAAAAAAAAAAAAAAAAA==")).code, "BadDigest");
      assert.equal((await withMd5("abc")).code, "InvalidDigest");
    });

    it("may come in signed chunks, and keep that as their content encoding", async () => {
      const chunks = ["a".repeat(65_536), "b".repeat(65_536), "end\r\n"];
      const path = `/${bucket}/chunked`;
      assert.equal((await signedChunkedPut(owner.target, { path, chunks })).status, 200);
      const read = await raw({ path });
      assert.equal(read.text, chunks.join(""));
      assert.equal(read.headers["content-encoding"], "aws-chunked");
    });

    it("are refused when a chunk is not what was signed, or their decoded length is missing", async () => {
      const path = `/${bucket}/chunked-badly`;
      const chunks = ["first", "second"];
      const changed = await signedChunkedPut(owner.target, {
        path,
        chunks,
        tamper: (text) => text.replace("first", "worst"),
      });
      assert.deepEqual([changed.status, changed.code], [403, "SignatureDoesNotMatch"]);
      const unknown = await signedChunkedPut(owner.target, { path, chunks, decodedLength: false });
      assert.deepEqual([unknown.status, unknown.code], [400, "InvalidArgument"]);
      assert.equal((await raw({ path })).code, "NoSuchKey");
    });

    it("are refused as a stream with a trailer, or without a length", async () => {
      const path = `/${bucket}/trailer`;
      for (const payload of ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]) {
        const headers = { "x-amz-decoded-content-length": "3", "content-encoding": "aws-chunked" };
        const body = "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n";
        const answer = await raw({ method: "PUT", path, payload, headers, body });
        assert.deepEqual([answer.status, answer.code], [400, "XAmzContentSHA256Mismatch"]);
      }
      const headers = { "transfer-encoding": "chunked" };
      const stream = { method: "PUT", path, headers, noLength: true, body: "abc", payload: "UNSIGNED-PAYLOAD" };
      const answer = await raw(stream);
      assert.deepEqual([answer.status, answer.code], [411, "MissingContentLength"]);
    });
  });

  describe("buckets", () => {
    it("are created, listed with their dates, found, and deleted", async () => {
      const name = await newBucket();
      const { Buckets = [], Owner } = await owner.client.send(new s3.ListBucketsCommand());
      const created = Buckets.find((candidate) => candidate.Name === name)?.CreationDate;
      assert.ok(created && Math.abs(Date.now() - created.getTime()) < 60_000);
      assert.equal(typeof Owner?.ID, "string");
      const names = Buckets.map((candidate) => candidate.Name ?? "");
      assert.deepEqual(names, names.toSorted());
      const location = await owner.client.send(new s3.GetBucketLocationCommand({ Bucket: name }));
      assert.equal(location.LocationConstraint, sandbox.region);

      assert.equal((await raw({ method: "DELETE", path: `/${name}` })).status, 204);
      assert.equal((await raw({ path: `/${name}` })).code, "NoSuchBucket");
      assert.equal((await raw({ method: "DELETE", path: `/${name}` })).code, "NoSuchBucket");
      assert.equal((await raw({ method: "PUT", path: `/${name}/key`, body: "x" })).code, "NoSuchBucket");
    });

    it("tell their size, their count and the user's quota in a HEAD", async () => {
      const name = await newBucket();
      await put("one", "12345", name);
      await put("two", "678", name);
      const { headers } = await raw({ method: "HEAD", path: `/${name}` });
      assert.equal(headers["x-rgw-object-count"], "2");
      assert.equal(headers["x-rgw-bytes-used"], "8");
      assert.equal(headers["x-rgw-quota-user-size"], String(524_288_000 * 1024));
      assert.equal(headers["x-rgw-quota-user-objects"], "-1");
      assert.equal(headers["x-rgw-quota-max-buckets"], "1000");
      assert.equal(headers["x-rgw-quota-bucket-size"], "-1");
      assert.equal(headers["x-rgw-quota-bucket-objects"], "-1");
    });

    it("may be created again by their owner, and by nobody else", async () => {
      assert.equal((await raw({ method: "PUT", path: `/${bucket}` })).status, 200);
      const again = stranger.client.send(new s3.CreateBucketCommand({ Bucket: bucket }));
      assert.deepEqual(await refusal(again), { status: 409, name: "BucketAlreadyExists" });
    });

    it("have names that a host name could have", async () => {
      for (const name of ["ab", "UPPER", "a_b", "a..b", "192.168.1.1", "a".repeat(64), "-abc", "abc-", "abc.-d"]) {
        const answer = await raw({ method: "PUT", path: `/${name}` });
        assert.deepEqual([name, answer.status, answer.code], [name, 400, "InvalidBucketName"]);
      }
    });

    it("are refused in a region that is not this one", async () => {
      const body =
        "<CreateBucketConfiguration><LocationConstraint>nowhere</LocationConstraint></CreateBucketConfiguration>";
      const answer = await raw({ method: "PUT", path: `/bucket-${randomUUID()}`, body });
      assert.deepEqual([answer.status, answer.code], [400, "InvalidLocationConstraint"]);
    });

    it("are not deleted while there is something in them", async () => {
      const name = await newBucket();
      await put("last", "x", name);
      const answer = await raw({ method: "DELETE", path: `/${name}` });
      assert.deepEqual([answer.status, answer.code], [409, "BucketNotEmpty"]);
    });

    it("are closed to others", async () => {
      await put("private");
      const requests: readonly RawRequest[] = [
        { path: `/${bucket}` },
        { path: `/${bucket}/private` },
        { path: `/${bucket}/no-such-key` },
        { path: `/${bucket}`, query: { location: "" } },
        { path: `/${bucket}`, query: { acl: "" } },
        { method: "PUT", path: `/${bucket}/theirs`, body: "x" },
        { method: "DELETE", path: `/${bucket}/private` },
        { method: "DELETE", path: `/${bucket}` },
      ];
      for (const request of requests) {
        const answer = await signedRequest(stranger.target, request);
        assert.deepEqual([request, answer.status, answer.code], [request, 403, "AccessDenied"]);
        assert.equal((await send(owner.target, request)).code, "AccessDenied");
      }
    });

    for (const [setting, status, code] of [
      ["policy", 404, "NoSuchBucketPolicy"],
      ["cors", 404, "NoSuchCORSConfiguration"],
      ["lifecycle", 404, "NoSuchLifecycleConfiguration"],
      ["tagging", 404, "NoSuchTagSet"],
      ["object-lock", 404, "ObjectLockConfigurationNotFoundError"],
      ["website", 405, "MethodNotAllowed"],
    ] as const) {
      it(`answer ${code} where no ${setting} is set`, async () => {
        const answer = await raw({ path: `/${bucket}`, query: { [setting]: "" } });
        assert.deepEqual([answer.status, answer.code], [status, code]);
      });
    }

    it("answer to their name as a host, too", async () => {
      await put("hosted/file", "by host");
      const host = `${bucket}.localhost`;
      const file = await raw({ path: "/hosted/file", host });
      const list = await raw({ path: "/", query: { prefix: "hosted/" }, host });
      assert.equal(file.text, "by host");
      assert.match(list.text, /<Key>hosted\/file<\/Key>/);
    });
  });

  describe("objects", () => {
    it("keep their metadata and content headers", async () => {
      const Key = "with-headers";
      const described = {
        CacheControl: "no-store",
        ContentDisposition: "inline",
        ContentEncoding: "gzip",
        ContentLanguage: "de",
        ContentType: "text/plain; charset=utf-8",
        Metadata: { colour: "blue", empty: "" },
      };
      await owner.client.send(new s3.PutObjectCommand({ Bucket: bucket, Key, Body: "hello", ...described }));
      const head = await owner.client.send(new s3.HeadObjectCommand({ Bucket: bucket, Key }));
      for (const name of [
        "CacheControl",
        "ContentDisposition",
        "ContentEncoding",
        "ContentLanguage",
        "ContentType",
      ] as const) {
        assert.equal(head[name], described[name]);
      }
      assert.equal(head.Metadata?.["colour"], "blue");
      assert.equal(head.ContentLength, 5);
      assert.equal(head.ETag, md5OfHello);
      assert.ok(head.LastModified && Math.abs(Date.now() - head.LastModified.getTime()) < 60_000);
    });

    it("have a content type and no storage class unless they were given one", async () => {
      await raw({ method: "PUT", path: `/${bucket}/plain`, body: "hello" });
      const { headers } = await raw({ method: "HEAD", path: `/${bucket}/plain` });
      assert.equal(headers["content-type"], "binary/octet-stream");
      assert.equal(headers["x-amz-storage-class"], undefined);
      assert.equal(headers["accept-ranges"], "bytes");
      const frozen = {
        method: "PUT",
        path: `/${bucket}/frozen`,
        body: "x",
        headers: { "x-amz-storage-class": "GLACIER" },
      };
      assert.equal((await raw(frozen)).code, "InvalidArgument");
    });

    it("may be empty", async () => {
      await owner.client.send(new s3.PutObjectCommand({ Bucket: bucket, Key: "empty", Body: new Uint8Array() }));
      assert.equal(await get("empty"), "");
      assert.equal((await raw({ path: `/${bucket}/empty`, headers: { range: "bytes=0-" } })).code, "InvalidRange");
    });

    it("come back as they were, though they are large", async () => {
      const large = Buffer.alloc(3_000_000, "0123456789abcdef\n");
      await owner.client.send(new s3.PutObjectCommand({ Bucket: bucket, Key: "large", Body: large }));
      const read = await raw({ path: `/${bucket}/large` });
      assert.ok(read.body.equals(large));
    });

    for (const [range, status, text, contentRange] of [
      ["bytes=1-2", 206, "el", "bytes 1-2/5"],
      ["bytes=3-", 206, "lo", "bytes 3-4/5"],
      ["bytes=3-99", 206, "lo", "bytes 3-4/5"],
      ["bytes=-2", 206, "lo", "bytes 3-4/5"],
      ["bytes=-20", 206, "hello", "bytes 0-4/5"],
      ["bytes=0-1,3-4", 206, "he", "bytes 0-1/5"],
      ["bytes=5-", 416, undefined, undefined],
      ["bytes=9-12", 416, undefined, undefined],
      ["bytes=x", 416, undefined, undefined],
    ] as const) {
      it(`answer ${status} to Range: ${range}`, async () => {
        await put("ranged");
        const answer = await raw({ path: `/${bucket}/ranged`, headers: { range } });
        assert.equal(answer.status, status);
        assert.equal(answer.headers["content-range"], contentRange);
        if (text === undefined) assert.equal(answer.code, "InvalidRange");
        else assert.deepEqual([answer.text, answer.headers["content-length"]], [text, String(text.length)]);
      });
    }

    const past = "Fri, 01 Jan 2010 00:00:00 GMT";
    const future = "Fri, 01 Jan 2100 00:00:00 GMT";
    for (const [headers, status] of [
      [{ "if-match": md5OfHello }, 200],
      [{ "if-match": md5OfHello.slice(1, -1) }, 200],
      [{ "if-match": '"other"' }, 412],
      [{ "if-none-match": md5OfHello }, 304],
      [{ "if-none-match": '"other"' }, 200],
      [{ "if-none-match": "*" }, 200],
      [{ "if-match": "*" }, 412],
      [{ "if-modified-since": past }, 200],
      [{ "if-modified-since": future }, 304],
      [{ "if-unmodified-since": past }, 412],
      [{ "if-unmodified-since": future }, 200],
      [{ "if-match": md5OfHello, "if-unmodified-since": past }, 200],
      [{ "if-none-match": '"other"', "if-modified-since": future }, 200],
    ] as const) {
      it(`are read with ${status} under ${JSON.stringify(headers)}`, async () => {
        await put("conditional");
        const answer = await raw({ path: `/${bucket}/conditional`, headers });
        assert.deepEqual([answer.status, answer.code], [status, status === 412 ? "PreconditionFailed" : ""]);
        assert.equal((await raw({ method: "HEAD", path: `/${bucket}/conditional`, headers })).status, status);
      });
    }

    for (const [headers, existing, missing] of [
      [{ "if-none-match": "*" }, 412, 200],
      [{ "if-match": "*" }, 200, 412],
      [{ "if-match": md5OfHello }, 412, 412],
      [{ "if-match": md5OfHello.slice(1, -1) }, 200, 412],
      [{ "if-match": "stale" }, 412, 412],
      [{ "if-none-match": md5OfHello.slice(1, -1) }, 412, 412],
      [{ "if-none-match": "other" }, 200, 412],
    ] as const) {
      it(`are written with ${existing} over another, ${missing} over none, under ${JSON.stringify(headers)}`, async () => {
        const over = `over-${randomUUID()}`;
        await put(over);
        const write = (key: string) => raw({ method: "PUT", path: `/${bucket}/${key}`, body: "new", headers });
        assert.equal((await write(over)).status, existing);
        assert.equal(await get(over), existing === 200 ? "new" : "hello");
        assert.equal((await write(`none-${randomUUID()}`)).status, missing);
      });
    }

    it("are copied with their metadata, or with other metadata where that is asked for", async () => {
      const source = `/${bucket}/original`;
      const headers = { "x-amz-meta-mark": "first", "content-type": "text/first", "x-amz-tagging": "stage=draft" };
      await raw({ method: "PUT", path: source, body: "copy me", headers });
      const copyTo = (key: string, more = {}) =>
        raw({ method: "PUT", path: `/${bucket}/${key}`, headers: { "x-amz-copy-source": source, ...more } });
      const head = (key: string) => raw({ method: "HEAD", path: `/${bucket}/${key}` }).then((answer) => answer.headers);

      const copied = await copyTo("copy", { "x-amz-meta-mark": "ignored" });
      assert.match(copied.text, /<CopyObjectResult .*<LastModified>\d{4}-.*<ETag>[0-9a-f]{32}<\/ETag>/);
      const kept = await head("copy");
      assert.deepEqual(
        [kept["x-amz-meta-mark"], kept["content-type"], kept["x-amz-tagging-count"]],
        ["first", "text/first", "1"],
      );
      const replaced = { "x-amz-metadata-directive": "REPLACE", "x-amz-meta-mark": "second" };
      await copyTo("changed", replaced);
      const changed = await head("changed");
      assert.deepEqual([changed["x-amz-meta-mark"], changed["x-amz-tagging-count"]], ["second", undefined]);
      assert.equal(await get("changed"), "copy me");

      assert.equal((await copyTo("original")).code, "InvalidRequest");
      assert.equal((await copyTo("original", replaced)).status, 200);
      assert.equal((await head("original"))["x-amz-meta-mark"], "second");
      assert.equal(await get("original"), "copy me");
    });

    it("are copied from any name, whatever the conditions say", async () => {
      const odd = "odd/ä +%2F?&#x/../ name";
      await put(odd, "odd");
      const copyFrom = (source: string, headers = {}) =>
        raw({ method: "PUT", path: `/${bucket}/copied`, headers: { "x-amz-copy-source": source, ...headers } });
      const source = `${bucket}/${escapeUri(odd)}`;
      assert.equal((await copyFrom(source, { "x-amz-copy-source-if-match": "wrong" })).status, 200);
      assert.equal(await get("copied"), "odd");
      assert.equal((await copyFrom(`${bucket}/none`)).code, "NoSuchKey");
      assert.equal((await copyFrom("/no-such-bucket/none")).code, "NoSuchBucket");
      assert.equal((await copyFrom("nothing")).code, "InvalidArgument");
      const theirs = await newBucket(stranger);
      const request = { method: "PUT", path: `/${theirs}/stolen`, headers: { "x-amz-copy-source": source } };
      assert.equal((await signedRequest(stranger.target, request)).code, "AccessDenied");
    });

    it("are deleted, also when they are not there", async () => {
      await put("gone");
      for (let round = 0; round < 2; round += 1) {
        assert.equal((await raw({ method: "DELETE", path: `/${bucket}/gone` })).status, 204);
      }
      const missing = owner.client.send(new s3.GetObjectCommand({ Bucket: bucket, Key: "gone" }));
      assert.deepEqual(await refusal(missing), { status: 404, name: "NoSuchKey" });
    });

    it("are deleted by the thousand, and no more", async () => {
      const name = await newBucket();
      const keys = ["a", "b/c", "ü & <x>", "quote\"'", " space ", "line\nfeed", "last"];
      for (const key of keys) await put(key, "x", name);
      const all = [...keys, "never-there"].map((Key) => ({ Key }));
      const deleted = await owner.client.send(new s3.DeleteObjectsCommand({ Bucket: name, Delete: { Objects: all } }));
      assert.deepEqual(deleted.Deleted?.map(({ Key }) => Key).toSorted(), all.map(({ Key }) => Key).toSorted());
      const left = await owner.client.send(new s3.ListObjectsV2Command({ Bucket: name }));
      assert.equal(left.KeyCount, 0);
      const many = `<Delete>${"<Object><Key>x</Key></Object>".repeat(1001)}</Delete>`;
      for (const body of [many, "<Delete><Quiet>"]) {
        const answer = await raw({ method: "POST", path: `/${name}`, query: { delete: "" }, body });
        assert.deepEqual([answer.status, answer.text], [400, ""]);
      }
      const quiet = `<Delete><Quiet>true</Quiet><Object><Key>x</Key></Object></Delete>`;
      assert.doesNotMatch(
        (await raw({ method: "POST", path: `/${name}`, query: { delete: "" }, body: quiet })).text,
        /Deleted/,
      );
    });
  });

  describe("odd keys", () => {
    const keys = [
      "a//b", "/lead", "//", "trail/", "./dot", "x/../y", ".", "..", "sp ace", " ", "h#ash", "per%cent", "per%2Fcent",
      "plu+s", "q?m=1", "am&p", "😀", "\uFFFD", "\u00e9", "e\u0301", "\u0001\u007f", "tab\t", "nl\n", "cr\r", "<xml>'\"",
      "!$&'()*,-.:;=@[]^_`{|}~\\", "a".repeat(1024), "ü".repeat(512), "__proto__", "constructor",
    ]; // prettier-ignore

    it("survive being written, read and listed, in UTF-8 byte order", async () => {
      const name = await newBucket();
      for (const key of keys) {
        const path = `/${name}/${key.split("/").map(escapeUri).join("/")}`;
        const written = await raw({ method: "PUT", path, body: `body of ${key}` });
        assert.deepEqual([key, written.status], [key, 200]);
        assert.equal((await raw({ path })).text, `body of ${key}`);
      }
      const inByteOrder = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(await listAll(name, 1000), inByteOrder);
      assert.deepEqual(await listAll(name, 7), inByteOrder);
    });

    it("come with references to control characters unless they are asked for in percent signs", async () => {
      const name = await newBucket();
      await put("a\u0001 b\r\u007f/c", "x", name);
      const plain = await raw({ path: `/${name}` });
      assert.match(plain.text, /<Key>a&#x01; b&#x0d;&#x7f;\/c<\/Key>/);
      const encoded = await raw({ path: `/${name}`, query: { "encoding-type": "url" } });
      assert.match(encoded.text, /<Key>a%01%20b%0D%7F%2Fc<\/Key>/);
      const folded = await raw({ path: `/${name}`, query: { "encoding-type": "url", delimiter: "/" } });
      assert.match(folded.text, /<CommonPrefixes><Prefix>a%01%20b%0D%7F\/<\/Prefix><\/CommonPrefixes>/);
    });

    it("are refused with more than 1,024 bytes, or when they are not UTF-8", async () => {
      for (const key of ["a".repeat(1025), "%C3%BC".repeat(513), "a%FFb"]) {
        const answer = await raw({ method: "PUT", path: `/${bucket}/${key}`, body: "x" });
        assert.deepEqual([answer.status, answer.code], [400, "InvalidObjectName"]);
      }
    });
  });

  async function listAll(Bucket: string, MaxKeys: number): Promise<string[]> {
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const query = new s3.ListObjectsV2Command({ Bucket, MaxKeys, ContinuationToken, EncodingType: "url" });
      const page = await owner.client.send(query);
      keys.push(...(page.Contents ?? []).map(({ Key = "" }) => decodeURIComponent(Key)));
      // What cannot be in XML cannot be in a token either: go on behind the last key instead.
      ContinuationToken = page.IsTruncated ? keys.at(-1) : undefined;
    } while (ContinuationToken !== undefined);
    return keys;
  }

  describe("listings", () => {
    const keys = ["a", "a/1", "a/2", "a0", "b/c/1", "b/c/2", "b/d", "z", "é"];
    let name: string;
    before(async () => {
      name = await newBucket();
      for (const key of keys) await put(key, "hello", name);
    });

    const list = (more: Partial<s3.ListObjectsV2CommandInput>) =>
      owner.client.send(new s3.ListObjectsV2Command({ Bucket: name, ...more }));
    const namesIn = (page: s3.ListObjectsV2CommandOutput | s3.ListObjectsCommandOutput) => ({
      keys: (page.Contents ?? []).map(({ Key }) => Key),
      prefixes: (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
    });

    for (const [title, query, expectedKeys, expectedPrefixes] of [
      ["all", {}, keys, []],
      ["what starts with a prefix", { Prefix: "a" }, ["a", "a/1", "a/2", "a0"], []],
      ["folders and files", { Delimiter: "/" }, ["a", "a0", "z", "é"], ["a/", "b/"]],
      ["one folder", { Delimiter: "/", Prefix: "b/" }, ["b/d"], ["b/c/"]],
      ["with a delimiter of two characters", { Delimiter: "c/" }, ["a", "a/1", "a/2", "a0", "b/d", "z", "é"], ["b/c/"]],
      ["what comes after a key", { StartAfter: "a0" }, ["b/c/1", "b/c/2", "b/d", "z", "é"], []],
      ["no folder again that the start is in", { StartAfter: "b/c/1", Delimiter: "/" }, ["z", "é"], []],
      ["nothing before the prefix", { StartAfter: "a", Prefix: "b/" }, ["b/c/1", "b/c/2", "b/d"], []],
      ["nothing", { Prefix: "none" }, [], []],
      ["nothing with zero keys at most", { MaxKeys: 0 }, [], []],
    ] as const) {
      it(`tell ${title}`, async () => {
        const page = await list(query);
        assert.deepEqual(namesIn(page), { keys: expectedKeys, prefixes: expectedPrefixes });
        assert.equal(page.KeyCount, expectedKeys.length + expectedPrefixes.length);
        assert.equal(page.IsTruncated, false);
        assert.equal(page.NextContinuationToken, undefined);
      });
    }

    it("tell size, time, ETag and storage class, and the owner only when asked", async () => {
      const [plain] = (await list({ MaxKeys: 1 })).Contents ?? [];
      assert.deepEqual(
        [plain?.Size, plain?.ETag, plain?.StorageClass, plain?.Owner],
        [5, md5OfHello, "STANDARD", undefined],
      );
      assert.ok(plain?.LastModified && Math.abs(Date.now() - plain.LastModified.getTime()) < 60_000);
      const [owned] = (await list({ MaxKeys: 1, FetchOwner: true })).Contents ?? [];
      assert.equal(typeof owned?.Owner?.ID, "string");
    });

    for (const MaxKeys of [1, 2, 3, 4]) {
      it(`come in pages of ${MaxKeys}, files and folders counted together`, async () => {
        const entries: (string | undefined)[] = [];
        let ContinuationToken: string | undefined;
        do {
          const page = await list({ MaxKeys, Delimiter: "/", ContinuationToken });
          const found = namesIn(page);
          assert.equal(page.KeyCount, found.keys.length + found.prefixes.length);
          assert.ok((page.KeyCount ?? 0) <= MaxKeys);
          entries.push(...found.keys, ...found.prefixes);
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken !== undefined);
        assert.deepEqual(new Set(entries), new Set(["a", "a/", "a0", "b/", "z", "é"]));
        assert.equal(entries.length, 6);
      });
    }

    it("have the first version, with markers", async () => {
      const first = await owner.client.send(new s3.ListObjectsCommand({ Bucket: name, MaxKeys: 2, Delimiter: "/" }));
      assert.deepEqual(namesIn(first), { keys: ["a"], prefixes: ["a/"] });
      assert.deepEqual([first.IsTruncated, first.NextMarker], [true, "a/"]);
      const rest = new s3.ListObjectsCommand({ Bucket: name, Delimiter: "/", Marker: first.NextMarker });
      assert.deepEqual(namesIn(await owner.client.send(rest)), { keys: ["a0", "z", "é"], prefixes: ["b/"] });
    });

    it("accept a wish for no order, and refuse it together with a delimiter", async () => {
      const unordered = { "list-type": "2", "allow-unordered": "true" };
      const answer = await raw({ path: `/${name}`, query: unordered });
      assert.equal([...answer.text.matchAll(/<Key>/g)].length, keys.length);
      assert.equal((await raw({ path: `/${name}`, query: { ...unordered, delimiter: "/" } })).code, "InvalidArgument");
    });

    it("have 1,000 entries at most, and refuse a count that is none", async () => {
      const maxKeys = async (text: string) => (await raw({ path: `/${name}`, query: { "max-keys": text } })).text;
      assert.match(await maxKeys("5000"), /<MaxKeys>1000<\/MaxKeys>/);
      assert.match(await maxKeys("-1"), /<MaxKeys>0<\/MaxKeys>/);
      assert.match(await maxKeys("many"), /<Code>InvalidArgument<\/Code>/);
    });
  });

  describe("multipart uploads", () => {
    async function begin(Key: string): Promise<{ Bucket: string; Key: string; UploadId: string }> {
      const Metadata = { made: "in parts" };
      const command = new s3.CreateMultipartUploadCommand({ Bucket: bucket, Key, Metadata, ContentType: "text/parts" });
      const { UploadId = "" } = await owner.client.send(command);
      return { Bucket: bucket, Key, UploadId };
    }

    type Begun = Awaited<ReturnType<typeof begin>>;
    const uploadPart = async (upload: Begun, PartNumber: number, Body: string) => {
      const { ETag } = await owner.client.send(new s3.UploadPartCommand({ ...upload, PartNumber, Body }));
      return { PartNumber, ETag };
    };
    const complete = (upload: Begun, Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      owner.client.send(new s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));

    it("become one object, with a copied part and an ETag that counts parts", async () => {
      await put("part-source", "0123456789");
      const upload = await begin("assembled");
      const first = await uploadPart(upload, 1, "A".repeat(partSize));
      const copied = await owner.client.send(
        new s3.UploadPartCopyCommand({
          ...upload,
          PartNumber: 2,
          CopySource: `${bucket}/part-source`,
          CopySourceRange: "bytes=2-4",
        }),
      );
      const listed = await owner.client.send(new s3.ListPartsCommand(upload));
      assert.deepEqual(listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]), [[1, partSize], [2, 3]]); // prettier-ignore
      await complete(upload, [first, { PartNumber: 2, ETag: copied.CopyPartResult?.ETag }]);

      const head = await owner.client.send(new s3.HeadObjectCommand({ Bucket: bucket, Key: "assembled" }));
      assert.equal(head.ContentLength, partSize + 3);
      assert.match(head.ETag ?? "", /^"[0-9a-f]{32}-2"$/);
      assert.deepEqual([head.Metadata, head.ContentType], [{ made: "in parts" }, "text/parts"]);
      const tail = await raw({ path: `/${bucket}/assembled`, headers: { range: "bytes=-5" } });
      assert.equal(tail.text, "AA234");
      assert.deepEqual(await refusal(owner.client.send(new s3.AbortMultipartUploadCommand(upload))), noUpload);
    });

    it("are only completed with all their parts, each as it was uploaded", async () => {
      const upload = await begin("checked");
      const first = await uploadPart(upload, 1, "small");
      const second = await uploadPart(upload, 2, "last");
      const tooSmall = await refusal(complete(upload, [first, second]));
      assert.deepEqual(tooSmall, { status: 400, name: "EntityTooSmall" });
      const invalid = { status: 400, name: "InvalidPart" };
      const big = await uploadPart(upload, 1, "B".repeat(partSize));
      assert.deepEqual(await refusal(complete(upload, [first, second])), invalid);
      assert.deepEqual(await refusal(complete(upload, [big])), invalid);
      assert.deepEqual(await refusal(complete(upload, [big, second, { ...second, PartNumber: 3 }])), invalid);
      assert.deepEqual(await refusal(complete(upload, [])), { status: 400, name: "MalformedXML" });
      await complete(upload, [big, second]);
      assert.equal(
        (await raw({ method: "HEAD", path: `/${bucket}/checked` })).headers["content-length"],
        String(partSize + 4),
      );
    });

    it("are listed while they last, page by page, and aborted", async () => {
      const Bucket = await newBucket();
      const create = (Key: string) => owner.client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
      const ids = [await create("one"), await create("two")].map(({ UploadId }) => UploadId);
      const first = await owner.client.send(new s3.ListMultipartUploadsCommand({ Bucket, MaxUploads: 1 }));
      assert.deepEqual(
        first.Uploads?.map(({ Key, UploadId }) => [Key, UploadId]),
        [["one", ids[0]]],
      );
      assert.equal(first.IsTruncated, true);
      const [KeyMarker, UploadIdMarker] = [first.NextKeyMarker, first.NextUploadIdMarker];
      const next = new s3.ListMultipartUploadsCommand({ Bucket, KeyMarker, UploadIdMarker });
      const rest = await owner.client.send(next);
      assert.deepEqual(
        rest.Uploads?.map(({ Key, UploadId }) => [Key, UploadId]),
        [["two", ids[1]]],
      );

      for (const [index, Key] of ["one", "two"].entries()) {
        await owner.client.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId: ids[index] }));
      }
      assert.equal((await owner.client.send(new s3.ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
      await owner.client.send(new s3.DeleteBucketCommand({ Bucket }));
    });

    const noUpload = { status: 404, name: "NoSuchUpload" };

    it("are missed when they do not exist", async () => {
      const upload = { Bucket: bucket, Key: "x", UploadId: "2~none" };
      const part = owner.client.send(new s3.UploadPartCommand({ ...upload, PartNumber: 1, Body: "x" }));
      assert.deepEqual(await refusal(part), noUpload);
      assert.deepEqual(await refusal(owner.client.send(new s3.AbortMultipartUploadCommand(upload))), noUpload);
      const parts = owner.client.send(new s3.ListPartsCommand(upload));
      assert.deepEqual(await refusal(parts), { status: 404, name: "NoSuchKey" });
    });
  });

  describe("versions", () => {
    const setVersioning = (Bucket: string, Status: "Enabled" | "Suspended") =>
      owner.client.send(new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));

    const history = async (Bucket: string) => {
      const { Versions = [], DeleteMarkers = [] } = await owner.client.send(
        new s3.ListObjectVersionsCommand({ Bucket }),
      );
      return { versions: Versions.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]), markers: DeleteMarkers };
    };

    it("are kept from when versioning is on, newest first, each by its id", async () => {
      const name = await newBucket();
      const versioning = await owner.client.send(new s3.GetBucketVersioningCommand({ Bucket: name }));
      assert.equal(versioning.Status, undefined);
      await put("key", "before", name);
      await setVersioning(name, "Enabled");
      const [{ VersionId: one }, { VersionId: two }] = [await put("key", "one", name), await put("key", "two", name)];
      assert.deepEqual((await history(name)).versions, [[two, true], [one, false], ["null", false]]); // prettier-ignore
      const read = async (versionId: string) => (await raw({ path: `/${name}/key`, query: { versionId } })).text;
      assert.deepEqual([await read(one ?? ""), await read("null"), await get("key", name)], ["one", "before", "two"]);
      assert.match(await read("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), /<Code>NoSuchKey<\/Code>/);
    });

    it("hide behind a delete marker, and come back when it is deleted", async () => {
      const Bucket = await newBucket();
      await setVersioning(Bucket, "Enabled");
      const { VersionId: kept } = await put("key", "kept", Bucket);
      const deleted = await owner.client.send(new s3.DeleteObjectCommand({ Bucket, Key: "key" }));
      assert.equal(deleted.DeleteMarker, true);
      assert.equal((await raw({ path: `/${Bucket}/key` })).code, "NoSuchKey");
      assert.equal((await owner.client.send(new s3.ListObjectsV2Command({ Bucket }))).KeyCount, 0);
      const { versions, markers } = await history(Bucket);
      assert.deepEqual(versions, [[kept, false]]);
      assert.deepEqual(
        markers.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
        [[deleted.VersionId, true]],
      );
      assert.equal((await raw({ method: "DELETE", path: `/${Bucket}` })).code, "BucketNotEmpty");

      const undone = { Bucket, Key: "key", VersionId: deleted.VersionId };
      assert.equal((await owner.client.send(new s3.DeleteObjectCommand(undone))).DeleteMarker, true);
      assert.equal(await get("key", Bucket), "kept");
      assert.equal((await owner.client.send(new s3.ListObjectsV2Command({ Bucket }))).KeyCount, 1);
      assert.deepEqual(await history(Bucket), { versions: [[kept, true]], markers: [] });
      await owner.client.send(new s3.DeleteObjectCommand({ Bucket, Key: "key", VersionId: kept }));
      assert.deepEqual(await history(Bucket), { versions: [], markers: [] });
    });

    it("are replaced one by one where versioning is suspended", async () => {
      const name = await newBucket();
      await setVersioning(name, "Enabled");
      const { VersionId: kept } = await put("key", "kept", name);
      await setVersioning(name, "Suspended");
      await put("key", "first null", name);
      assert.equal((await put("key", "second null", name)).VersionId, undefined);
      assert.deepEqual((await history(name)).versions, [["null", true], [kept, false]]); // prettier-ignore
      const deleted = await raw({ method: "DELETE", path: `/${name}/key` });
      assert.deepEqual([deleted.headers["x-amz-version-id"], deleted.headers["x-amz-delete-marker"]], ["null", "true"]);
      assert.deepEqual((await history(name)).versions, [[kept, false]]);
    });

    it("are listed page by page", async () => {
      const Bucket = await newBucket();
      await setVersioning(Bucket, "Enabled");
      const written: (readonly [string, string | undefined])[] = [];
      for (const key of ["a", "b", "b", "b", "c"]) written.push([key, (await put(key, "x", Bucket)).VersionId]);
      const expected = [written[0], ...written.slice(1, 4).toReversed(), written[4]];
      const found: (readonly [string | undefined, string | undefined])[] = [];
      let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
      for (let truncated = true; truncated;) {
        const page = await owner.client.send(new s3.ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...markers }));
        found.push(...(page.Versions ?? []).map(({ Key, VersionId }) => [Key, VersionId] as const));
        markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
        truncated = page.IsTruncated === true;
      }
      assert.deepEqual(found, expected);
    });
  });

  describe("tags", () => {
    const tags = [{ Key: "stage", Value: "draft & <more>" }, { Key: "empty", Value: "" }]; // prettier-ignore
    const Tagging = { TagSet: tags };

    it("of an object are set, counted, read and deleted", async () => {
      const object = { Bucket: bucket, Key: "tagged" };
      const read = async () => (await owner.client.send(new s3.GetObjectTaggingCommand(object))).TagSet;
      await put("tagged");
      assert.deepEqual(await read(), []);
      await owner.client.send(new s3.PutObjectTaggingCommand({ ...object, Tagging }));
      assert.deepEqual(
        await read(),
        tags.toSorted((a, b) => a.Key.localeCompare(b.Key)),
      );
      assert.equal((await raw({ method: "HEAD", path: `/${bucket}/tagged` })).headers["x-amz-tagging-count"], "2");
      await owner.client.send(new s3.DeleteObjectTaggingCommand(object));
      assert.deepEqual(await read(), []);
      const eleven = { TagSet: Array.from({ length: 11 }, (_, index) => ({ Key: `k${index}`, Value: "" })) };
      const tooMany = owner.client.send(new s3.PutObjectTaggingCommand({ ...object, Tagging: eleven }));
      assert.deepEqual(await refusal(tooMany), { status: 400, name: "InvalidTag" });
    });

    it("of a bucket are set, read and deleted", async () => {
      const Bucket = await newBucket();
      await owner.client.send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tags.slice(0, 1) } }));
      assert.deepEqual((await owner.client.send(new s3.GetBucketTaggingCommand({ Bucket }))).TagSet, tags.slice(0, 1));
      await owner.client.send(new s3.DeleteBucketTaggingCommand({ Bucket }));
      const gone = owner.client.send(new s3.GetBucketTaggingCommand({ Bucket }));
      assert.deepEqual(await refusal(gone), { status: 404, name: "NoSuchTagSet" });
    });

    it("in XML that cannot be read are refused", async () => {
      await put("tagged");
      const answer = await raw({ method: "PUT", path: `/${bucket}/tagged`, query: { tagging: "" }, body: "<Taggi" });
      assert.deepEqual([answer.status, answer.code], [400, "MalformedXML"]);
    });
  });

  describe("access control lists", () => {
    it("are private at first, and canned ones tell who may read and write", async () => {
      const Bucket = await newBucket();
      const grants = async () => {
        const { Grants = [] } = await owner.client.send(new s3.GetBucketAclCommand({ Bucket }));
        return Grants.map(({ Grantee, Permission }) => `${Grantee?.URI?.split("/").at(-1) ?? "owner"} ${Permission}`);
      };
      const set = (ACL: s3.BucketCannedACL) => owner.client.send(new s3.PutBucketAclCommand({ Bucket, ACL }));
      assert.deepEqual(await grants(), ["owner FULL_CONTROL"]);
      for (const [canned, ...expected] of [
        ["public-read", "AllUsers READ"],
        ["public-read-write", "AllUsers READ", "AllUsers WRITE"],
        ["authenticated-read", "AuthenticatedUsers READ"],
        ["private"],
      ] as const) {
        await set(canned);
        assert.deepEqual(await grants(), [...expected, "owner FULL_CONTROL"]);
      }
      assert.equal((await raw({ method: "PUT", path: `/${Bucket}`, query: { acl: "" } })).code, "InvalidArgument");
      const odd = { method: "PUT", path: `/${Bucket}`, query: { acl: "" }, headers: { "x-amz-acl": "odd" } };
      assert.equal((await raw(odd)).code, "InvalidArgument");
    });

    it("let anybody read one public object, and nothing else", async () => {
      const path = `/${bucket}/public`;
      await raw({ method: "PUT", path, body: "for all", headers: { "x-amz-acl": "public-read" } });
      assert.equal((await send(owner.target, { path })).text, "for all");
      assert.equal((await signedRequest(stranger.target, { path })).text, "for all");
      assert.equal((await send(owner.target, { path, query: { acl: "" } })).code, "AccessDenied");
      assert.equal((await send(owner.target, { path: `/${bucket}` })).code, "AccessDenied");
      assert.equal((await send(owner.target, { method: "DELETE", path })).code, "AccessDenied");
      await raw({ method: "PUT", path, query: { acl: "" }, headers: { "x-amz-acl": "private" } });
      assert.equal((await send(owner.target, { path })).code, "AccessDenied");
    });

    it("of a bucket let anybody list it, not read what is in it", async () => {
      const name = await newBucket();
      await put("private", "x", name);
      await owner.client.send(new s3.PutBucketAclCommand({ Bucket: name, ACL: "public-read" }));
      assert.match((await send(owner.target, { path: `/${name}` })).text, /<Key>private<\/Key>/);
      assert.equal((await send(owner.target, { path: `/${name}/private` })).code, "AccessDenied");
      assert.equal((await send(owner.target, { path: `/${name}/none` })).code, "NoSuchKey");
      const { headers } = await send(owner.target, { method: "HEAD", path: `/${name}` });
      assert.deepEqual([headers["x-rgw-object-count"], headers["x-rgw-quota-user-size"]], ["1", undefined]);
    });

    it("that let anybody write give what is written to the bucket's owner", async () => {
      const name = await newBucket();
      await owner.client.send(new s3.PutBucketAclCommand({ Bucket: name, ACL: "public-read-write" }));
      assert.equal((await send(owner.target, { method: "PUT", path: `/${name}/anon`, body: "x" })).status, 200);
      assert.equal(await get("anon", name), "x");
    });

    it("are stored as they are given, and lock the owner out of all but themselves", async () => {
      const Bucket = await newBucket();
      const { Owner } = await owner.client.send(new s3.GetBucketAclCommand({ Bucket }));
      const everyone = { Type: "Group" as const, URI: "http://acs.amazonaws.com/groups/global/AllUsers" };
      const AccessControlPolicy = { Owner, Grants: [{ Grantee: everyone, Permission: "READ" as const }] };
      await owner.client.send(new s3.PutBucketAclCommand({ Bucket, AccessControlPolicy }));
      const stored = await owner.client.send(new s3.GetBucketAclCommand({ Bucket }));
      assert.deepEqual(stored.Grants, AccessControlPolicy.Grants);
      const write = owner.client.send(new s3.PutObjectCommand({ Bucket, Key: "x", Body: "x" }));
      assert.deepEqual(await refusal(write), { status: 403, name: "AccessDenied" });
      await owner.client.send(new s3.PutBucketAclCommand({ Bucket, ACL: "private" }));
      await put("x", "x", Bucket);
    });
  });

  describe("quotas", () => {
    it("refuse what does not fit any more, counted in blocks", async () => {
      const user = userNumber(2);
      const Bucket = await newBucket(user);
      const path = `/rgw/users/${user.id}`;
      const limited = await platform("PATCH", path, { quota: { max_size_kb: 16, enabled: true } });
      assert.equal(limited.status, 200);
      const write = (Key: string, size: number) =>
        user.client.send(new s3.PutObjectCommand({ Bucket, Key, Body: new Uint8Array(size) }));
      await write("first", 5000);
      const full = { status: 403, name: "QuotaExceeded" };
      assert.deepEqual(await refusal(write("too-large", 20_000)), full);
      assert.deepEqual(await refusal(write("first", 9000)), full);
      const { headers } = await signedRequest(user.target, { method: "HEAD", path: `/${Bucket}` });
      assert.equal(headers["x-rgw-quota-user-size"], "16384");
      await user.client.send(new s3.DeleteObjectCommand({ Bucket, Key: "first" }));
      user.client.destroy();
    });
  });
}

function clientFor(target: RawTarget): S3Client {
  return new S3Client({
    endpoint: target.endpoint,
    region: target.region,
    credentials: { accessKeyId: target.accessKeyId, secretAccessKey: target.secretAccessKey },
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 1,
  });
}

/** What an S3 call was refused with; it must not succeed. */
async function refusal(call: Promise<unknown>): Promise<{ status: number | undefined; name: string }> {
  const error = await call.then(
    () => assert.fail("This call should have been refused"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof S3ServiceException)) throw error;
  return { status: error.$metadata.httpStatusCode, name: error.name };
}
