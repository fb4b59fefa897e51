import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pathAndQuery, presign, signedHeaders } from "../../../contract/rawS3.ts";
import type { RawRequest, RawTarget } from "../../../contract/rawS3.ts";
import { chunkVerifier, readClaim, signatureMatches } from "../../../sandbox/s3/signature.ts";
import type { S3Request } from "../../../sandbox/s3/request.ts";
import { incomingRequest } from "./incoming.ts";

const target: RawTarget = {
  endpoint: "http://127.0.0.1:9000",
  region: "de-muc1",
  accessKeyId: "BILLINGBACKUPS",
  secretAccessKey: "the/secret+of=backups",
};
const now = Date.parse("2030-01-31T23:59:59Z");

function accepts(request: S3Request, secret = target.secretAccessKey, at = now): boolean {
  const claim = readClaim(request, at);
  assert.ok(claim);
  return claim.accessKeyId === target.accessKeyId && signatureMatches(request, claim, secret);
}

async function signedByLibrary(raw: RawRequest): Promise<S3Request> {
  const headers = await signedHeaders(target, { ...raw, date: new Date(now) });
  return incomingRequest(raw.method ?? "GET", pathAndQuery(raw.path, raw.query), headers);
}

describe("a signature made by an implementation that is not ours", () => {
  const requests: Record<string, RawRequest> = {
    "of the list of buckets": { path: "/" },
    "of a key with slashes, dots and spaces": { path: "/bucket//a/../b/./c%20d/" },
    "of a key with every reserved character": { path: "/bucket/%21%24%26%27%28%29%2A%2B%2C%3A%3B%3D%40%5B%5D~-._" },
    "of a key with a percent sign and a slash in percent signs": { path: "/bucket/100%25/%252F" },
    "of an emoji": { path: "/bucket/%F0%9F%98%80" },
    "of a query in no order": { path: "/bucket", query: { prefix: "b", "list-type": "2", delimiter: "/", acl: "" } },
    "of a query whose names need an order by bytes": {
      path: "/bucket",
      query: { "a-b": "1", a: "2", A: "3", "a.b": "4" },
    },
    "of a query with odd characters": { path: "/bucket", query: { prefix: "a b+c%20&=/?'()*~ü😀" } },
    "of headers with many spaces": {
      path: "/bucket/key",
      headers: { "x-amz-meta-wide": "  a    b  ", "x-amz-meta-b": "" },
    },
    "of a body": { method: "PUT", path: "/bucket/key", body: "hello", headers: { "content-type": "text/plain" } },
    "of a body that is not hashed": { method: "PUT", path: "/bucket/key", payload: "UNSIGNED-PAYLOAD" },
  };
  for (const [title, raw] of Object.entries(requests)) {
    it(`${title} is accepted, with the right secret only`, async () => {
      const request = await signedByLibrary(raw);
      assert.equal(accepts(request), true);
      assert.equal(accepts(request, `${target.secretAccessKey}x`), false);
      const path = await presign(target, { ...raw, headers: {}, date: new Date(now) });
      const link = incomingRequest(raw.method ?? "GET", path, { host: "127.0.0.1:9000" });
      assert.equal(accepts(link), true);
      assert.equal(accepts(link, `${target.secretAccessKey}x`), false);
    });
  }

  it("is good for this method, path, query and headers only", async () => {
    const raw = { path: "/bucket/key", query: { versionId: "1" }, headers: { "x-amz-meta-a": "1" } };
    const headers = await signedHeaders(target, { ...raw, date: new Date(now) });
    const sent = (method: string, url: string, more = {}) => incomingRequest(method, url, { ...headers, ...more });
    assert.equal(accepts(sent("GET", "/bucket/key?versionId=1")), true);
    assert.equal(accepts(sent("GET", "/bucket/key?versionId=1", { "x-amz-meta-unsigned": "1" })), true);
    for (const changed of [
      sent("HEAD", "/bucket/key?versionId=1"),
      sent("GET", "/bucket/kex?versionId=1"),
      sent("GET", "/bucket/key?versionId=2"),
      sent("GET", "/bucket/key?versionId=1&acl"),
      sent("GET", "/bucket/key"),
      sent("GET", "/bucket/key?versionId=1", { "x-amz-meta-a": "2" }),
      sent("GET", "/bucket/key?versionId=1", { host: "127.0.0.1:9001" }),
      sent("GET", "/bucket/key?versionId=1", { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }),
    ]) {
      assert.equal(accepts(changed), false);
    }
  });
});

/** From "Signature Calculations for the Authorization Header" in the Amazon S3 API reference. */
describe("the published examples", () => {
  const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const then = Date.parse("2013-05-24T00:00:00Z");
  const authorization = (signed: string, signature: string) =>
    `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signed},Signature=${signature}`;

  it("include a GET of a range", () => {
    const request = incomingRequest("GET", "/test.txt", {
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "x-amz-date": "20130524T000000Z",
      authorization: authorization(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      ),
    });
    const claim = readClaim(request, then);
    assert.ok(claim);
    assert.equal(signatureMatches(request, claim, secret), true);
  });

  it("include an upload in chunks, whose order counts", () => {
    const request = incomingRequest("PUT", "/examplebucket/chunkObject.txt", {
      host: "s3.amazonaws.com",
      "x-amz-date": "20130524T000000Z",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": "66560",
      "content-length": "66824",
      authorization: authorization(
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
      ),
    });
    const claim = readClaim(request, then);
    assert.ok(claim);
    assert.equal(signatureMatches(request, claim, secret), true);
    const chunks = [
      [65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
      [1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
      [0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
    ] as const;
    const verify = chunkVerifier(claim, secret);
    for (const [size, signature] of chunks) assert.equal(verify(Buffer.alloc(size, "a"), signature), true);
    const [, second] = chunks;
    assert.equal(chunkVerifier(claim, secret)(Buffer.alloc(second[0], "a"), second[1]), false);
  });
});

describe("what a request says about its signature", () => {
  it("may be nothing at all", () => {
    assert.equal(readClaim(incomingRequest("GET", "/"), now), undefined);
  });

  for (const authorization of ["Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c,Signature=d"]) {
    it(`must be complete, unlike "${authorization}"`, () => {
      const request = incomingRequest("GET", "/", { authorization, "x-amz-date": "20300131T235959Z" });
      assert.throws(() => readClaim(request, now), { code: "InvalidArgument" });
    });
  }

  it("must be from within fifteen minutes, before or after", async () => {
    const request = await signedByLibrary({ path: "/" });
    for (const off of [-900_000, 0, 900_000]) assert.equal(accepts(request, undefined, now + off), true);
    for (const off of [-901_000, 901_000]) {
      assert.throws(() => readClaim(request, now + off), { code: "RequestTimeTooSkewed" });
    }
  });

  it("ends with the link that it is in, to the second", async () => {
    const path = await presign(target, { path: "/bucket/key", date: new Date(now) }, 60);
    const link = incomingRequest("GET", path, { host: "127.0.0.1:9000" });
    assert.equal(accepts(link, undefined, now + 59_999), true);
    assert.throws(() => readClaim(link, now + 60_000), { code: "AccessDenied" });
    for (const seconds of ["604801", "0", "-1", "x", ""]) {
      const other = incomingRequest("GET", path.replace("Expires=60", `Expires=${seconds}`));
      assert.throws(() => readClaim(other, now), { code: "AccessDenied" });
    }
  });
});
