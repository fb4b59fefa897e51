import assert from "node:assert/strict";
import { test } from "node:test";
import { incomingRequest } from "./incoming.ts";

for (const [url, bucket, key] of [
  ["/", "", ""],
  ["/photos", "photos", ""],
  ["/photos/", "photos", ""],
  ["/photos//", "photos", "/"],
  ["/photos/a//b/", "photos", "a//b/"],
  ["/photos/../x/./y", "photos", "../x/./y"],
  ["/photos/a%2Fb%2520c+d", "photos", "a/b%20c+d"],
  ["/photos/%F0%9F%98%80?versionId=1", "photos", "😀"],
  ["/photos/100%", "photos", "100%"],
  ["/photos/%EF%BB%BFbom", "photos", "\uFEFFbom"],
  ["/photos/a?b?c", "photos", "a"],
] as const) {
  test(`${url} names the bucket "${bucket}" and the key "${key}"`, () => {
    const request = incomingRequest("GET", url);
    assert.deepEqual([request.bucket, request.key], [bucket, key]);
  });
}

test("a bucket in the host leaves the whole path to the key", () => {
  const request = incomingRequest("GET", "/a/b", { host: "photos.2024.localhost:9000" });
  assert.deepEqual([request.bucket, request.key], ["photos.2024", "a/b"]);
});

test("a query is decoded with pluses as spaces, and empty values count as given", () => {
  const { query } = incomingRequest("GET", "/b?prefix=a+b%2Bc%26&delete&marker=&x=1=2");
  assert.deepEqual([...query], [["prefix", "a b+c&"], ["delete", ""], ["marker", ""], ["x", "1=2"]]); // prettier-ignore
});

test("a key of more than 1,024 bytes, or that is not UTF-8, is refused", () => {
  assert.equal(incomingRequest("GET", `/b/${"%C3%BC".repeat(512)}`).key.length, 512);
  for (const key of ["%C3%BC".repeat(513), "%FF", "%C3"]) {
    assert.throws(() => incomingRequest("GET", `/b/${key}`), { code: "InvalidObjectName" });
  }
});
