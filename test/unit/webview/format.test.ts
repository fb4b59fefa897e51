import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCount, formatDate, formatSize, nameBelow, visible } from "../../../src/webview/format.ts";

test("sizes are in units of 1,024", () => {
  const sizes = [0, 1023, 1024, 1536, 1024 ** 2, 5.5 * 1024 ** 3, 2 * 1024 ** 6].map((size) => formatSize(size, "en"));
  assert.deepEqual(sizes, ["0 B", "1,023 B", "1 KB", "1.5 KB", "1 MB", "5.5 GB", "2,048 PB"]);
  assert.equal(formatSize(1536, "de"), "1,5 KB");
});

test("counts and dates follow the language, and no date is no text", () => {
  assert.equal(formatCount(12345, "de"), "12.345");
  assert.match(formatDate("2026-11-24T10:20:30.000Z", "en"), /^Nov 2\d, 2026, /);
  assert.equal(formatDate(undefined, "en"), "");
  assert.equal(formatDate("yesterday", "en"), "");
});

test("a name is what is below its folder", () => {
  assert.equal(nameBelow("photos/", "photos/a.jpg"), "a.jpg");
  assert.equal(nameBelow("photos/", "photos/2026/"), "2026");
  assert.equal(nameBelow("photos/", "photos//"), "");
});

test("control characters show, and everything else stays", () => {
  assert.equal(visible("a\nb\tc\u0000\u007f\u0085"), "a␊b␉c␀␡�");
  assert.equal(visible("é e\u0301 😀 a b"), "é e\u0301 😀 a b");
});

test("what turns the writing direction is spelled out", () => {
  assert.equal(visible("invoice\u202Efdp.exe\u2066\u2028"), "invoice[U+202E]fdp.exe[U+2066][U+2028]");
});
