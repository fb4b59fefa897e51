import assert from "node:assert/strict";
import { test } from "node:test";
import { Listing, parentOf, placeOf, wayTo } from "../../../src/webview/listing.ts";

const place = { level: "objects", bucket: "b", prefix: "photos/" } as const;

test("pages add up, folders first, each kind in its order", () => {
  const listing = new Listing(place);
  listing.addPage({ folders: ["photos/a/"], objects: [{ key: "photos/1", size: 1 }], next: "more" });
  assert.equal(listing.next, "more");
  listing.addPage({ folders: ["photos/z/"], objects: [{ key: "photos/2", size: 2 }] });
  const rows = Array.from({ length: listing.count }, (_, index) => listing.row(index));
  assert.deepEqual(
    rows.map((row) => (row?.kind === "folder" ? row.prefix : row?.kind === "object" ? row.object.key : "")),
    ["photos/a/", "photos/z/", "photos/1", "photos/2"],
  );
  assert.equal(listing.next, undefined);
  assert.equal(listing.row(4), undefined);
});

test("the object that stands for the folder itself is no row", () => {
  const listing = new Listing(place);
  listing.addPage({ folders: [], objects: [{ key: "photos/", size: 0 }] });
  assert.equal(listing.count, 0);
});

test("buckets and folders lead somewhere, objects do not", () => {
  assert.deepEqual(placeOf({ kind: "bucket", bucket: { name: "b" } }, { level: "buckets" }), { ...place, prefix: "" });
  assert.deepEqual(placeOf({ kind: "folder", prefix: "photos/a/" }, place), { ...place, prefix: "photos/a/" });
  assert.equal(placeOf({ kind: "object", object: { key: "photos/1", size: 1 } }, place), undefined);
});

test("up goes one folder at a time, through empty names too, and ends at the buckets", () => {
  for (const ups of [
    ["photos/2026//x/", "photos/2026//", "photos/2026/", "photos/", ""],
    ["//a/", "//", "/", ""],
  ]) {
    for (const [index, prefix] of ups.entries()) {
      const next = ups[index + 1];
      const expected = next === undefined ? { level: "buckets" } : { ...place, prefix: next };
      assert.deepEqual(parentOf({ ...place, prefix }), expected);
    }
  }
  assert.equal(parentOf({ level: "buckets" }), undefined);
});

test("the way to a place names every folder, an empty one too", () => {
  assert.deepEqual(
    wayTo({ ...place, prefix: "a//b/" }).map(({ name }) => name),
    ["b", "a", "", "b"],
  );
  assert.deepEqual(wayTo({ level: "buckets" }), []);
});

test("the row one came from is found again", () => {
  const listing = new Listing(place);
  listing.addPage({ folders: ["photos/a/", "photos//"], objects: [{ key: "photos/x", size: 1 }] });
  assert.equal(listing.find({ ...place, prefix: "photos//" }), 1);
  assert.equal(listing.find({ ...place, prefix: "photos/x" }), undefined);
  const buckets = new Listing({ level: "buckets" });
  buckets.addBuckets([{ name: "a" }, { name: "b" }]);
  assert.equal(buckets.find({ ...place, prefix: "" }), 1);
});
