import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { behindKey, listPage } from "../../../sandbox/s3/list.ts";
import type { Position, Row, Scan } from "../../../sandbox/s3/list.ts";

/** An index over some keys, which counts the rows that are read from it. */
function indexOf(keys: readonly string[]): { scan: Scan<Row>; rowsRead: () => number } {
  const sorted = keys.map((key) => Buffer.from(key)).toSorted((left, right) => Buffer.compare(left, right));
  let read = 0;
  function* scan(from: Position): Iterable<Row> {
    for (const key of sorted) {
      if (Buffer.compare(key, from.key) < 0) continue;
      read += 1;
      yield { key: key.toString() };
    }
  }
  return { scan, rowsRead: () => read };
}

const query = { prefix: "", delimiter: "", after: undefined, maxKeys: 1000 };

describe("a page of a listing", () => {
  it("folds what the delimiter cuts, counting a folder as one", () => {
    const { scan } = indexOf(["a", "b/1", "b/2", "b0", "c/d/1", "e"]);
    const page = listPage({ ...query, delimiter: "/", maxKeys: 4 }, scan);
    assert.deepEqual(page.rows.map(({ key }) => key), ["a", "b0"]); // prettier-ignore
    assert.deepEqual(page.prefixes, ["b/", "c/"]);
    assert.deepEqual([page.truncated, page.next], [true, "c/"]);
  });

  it("reads one row of a folder, however much there is in it", () => {
    const folders = Array.from({ length: 20 }, (_, folder) => `folder-${folder}/`);
    const files = folders.flatMap((folder) => Array.from({ length: 500 }, (_, file) => folder + file));
    const { scan, rowsRead } = indexOf(files);
    const page = listPage({ ...query, delimiter: "/" }, scan);
    assert.deepEqual(page.prefixes, folders.toSorted());
    assert.equal(rowsRead(), folders.length);
  });

  it("reads one row more than it tells, to know whether there is more", () => {
    const { scan, rowsRead } = indexOf(Array.from({ length: 500 }, (_, file) => `file-${file}`));
    assert.equal(listPage({ ...query, maxKeys: 10 }, scan).truncated, true);
    assert.equal(rowsRead(), 11);
  });

  it("is the last when there is exactly as much as fits", () => {
    const page = listPage({ ...query, maxKeys: 2 }, indexOf(["a", "b"]).scan);
    assert.deepEqual([page.rows.length, page.truncated, page.next], [2, false, undefined]);
  });

  it("begins behind the marker, which may be no key, or before the prefix", () => {
    const { scan } = indexOf(["a", "b/1", "b/2", "c"]);
    const keysAfter = (marker: string, prefix = "") =>
      listPage({ ...query, prefix, after: behindKey(marker) }, scan).rows.map(({ key }) => key);
    assert.deepEqual(keysAfter("b/1"), ["b/2", "c"]);
    assert.deepEqual(keysAfter("b/15"), ["b/2", "c"]);
    assert.deepEqual(keysAfter("a", "b/"), ["b/1", "b/2"]);
    assert.deepEqual(keysAfter("c", "b/"), []);
  });

  it("does not tell a folder again that the marker is in", () => {
    const { scan } = indexOf(["a/1", "a/2", "b/1", "c"]);
    const page = listPage({ ...query, delimiter: "/", after: behindKey("a/1") }, scan);
    assert.deepEqual([page.prefixes, page.rows.map(({ key }) => key)], [["b/"], ["c"]]);
  });

  it("jumps over a folder whose name ends with the last of all characters", () => {
    const last = "\u{10FFFF}";
    const { scan } = indexOf([`${last}/${last}`, `${last}/${last}${last}`, `${last}0`]);
    const page = listPage({ ...query, delimiter: "/" }, scan);
    assert.deepEqual([page.prefixes, page.rows], [[`${last}/`], [{ key: `${last}0` }]]);
  });

  it("of no keys at all is complete", () => {
    const page = listPage({ ...query, maxKeys: 0 }, indexOf(["a"]).scan);
    assert.deepEqual([page.rows, page.truncated], [[], false]);
  });

  it("follows another without a gap or a repetition, whatever its size", () => {
    const keys = ["a", "a/", "a/b", "a//c", "b", "c/d/e", "c/f", "é", "\uFFFD", "😀"];
    for (const delimiter of ["", "/", "//"]) {
      const whole = listPage({ ...query, delimiter }, indexOf(keys).scan);
      for (const maxKeys of [1, 2, 3, 7]) {
        const told: string[] = [];
        let after: Position | undefined;
        for (let more = true; more;) {
          const page = listPage({ ...query, delimiter, maxKeys, after }, indexOf(keys).scan);
          told.push(...page.rows.map(({ key }) => key), ...page.prefixes);
          more = page.truncated;
          if (page.next !== undefined) after = behindKey(typeof page.next === "string" ? page.next : page.next.key);
        }
        assert.deepEqual(told.toSorted(), [...whole.rows.map(({ key }) => key), ...whole.prefixes].toSorted());
      }
    }
  });
});
