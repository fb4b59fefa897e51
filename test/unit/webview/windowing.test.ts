import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsInView, scrollTo } from "../../../src/webview/windowing.ts";

const view = { scrollTop: 0, height: 440, rowHeight: 22, count: 1_000_000 };

test("only the rows in view and a few more are drawn", () => {
  assert.deepEqual(rowsInView(view), { first: 0, end: 30 });
  assert.deepEqual(rowsInView({ ...view, scrollTop: 22_000 }), { first: 990, end: 1030 });
  assert.deepEqual(rowsInView({ ...view, scrollTop: 1e9 }), { first: 1_000_000, end: 1_000_000 });
  assert.deepEqual(rowsInView({ ...view, count: 0 }), { first: 0, end: 0 });
  assert.deepEqual(rowsInView({ ...view, count: 5 }), { first: 0, end: 5 });
});

test("a row is scrolled to only as far as it must", () => {
  assert.equal(scrollTo(3, view), 0);
  assert.equal(scrollTo(20, view), 22);
  assert.equal(scrollTo(2, { ...view, scrollTop: 220 }), 44);
});
