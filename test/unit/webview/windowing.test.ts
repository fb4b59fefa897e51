import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type View,
  offsetOf,
  rowsInView,
  scrollTo,
  scrollTopOf,
  spaceHeight,
  tallestAt,
  topOf,
} from "../../../src/webview/windowing.ts";

const view: View = { scrollTop: 0, height: 440, rowHeight: 22, count: 1_000_000, tallest: tallestAt(1) };

test("only the rows in view and a few more are drawn", () => {
  assert.deepEqual(rowsInView(view), { first: 0, end: 30 });
  assert.deepEqual(rowsInView({ ...view, scrollTop: 22_000 }), { first: 990, end: 1030 });
  assert.deepEqual(rowsInView({ ...view, scrollTop: 1e9 }), { first: 999_970, end: 1_000_000 });
  assert.deepEqual(rowsInView({ ...view, count: 0 }), { first: 0, end: 0 });
  assert.deepEqual(rowsInView({ ...view, count: 5 }), { first: 0, end: 5 });
});

test("a row is scrolled to only as far as it must", () => {
  assert.equal(scrollTo(3, view), 0);
  assert.equal(scrollTo(20, view), 22);
  assert.equal(scrollTo(2, { ...view, scrollTop: 220 }), 44);
});

test("rows taller together than an element may be are all within reach", () => {
  for (const count of [1_400_000, 1_600_000, 30_000_000]) {
    for (const ratio of [1, 1.5, 2]) {
      const many = { ...view, count, tallest: tallestAt(ratio) };
      const end = { ...many, scrollTop: spaceHeight(many) - many.height };
      assert.equal(rowsInView(end).end, count);
      assert.ok(
        Math.abs(topOf(count - 1, end) + many.rowHeight - spaceHeight(many)) < 0.01,
        "the last row is at the end",
      );
      assert.ok(Math.abs(topOf(0, many)) < 0.01, "the first row is at the start");
      const middle = { ...many, scrollTop: scrollTo(count / 2, many) };
      const top = topOf(count / 2, middle) - middle.scrollTop;
      assert.ok(top >= -0.01 && top + many.rowHeight <= many.height + 0.01, `a row in the middle is at ${top}`);
      assert.ok(Math.abs(scrollTopOf(offsetOf(middle), middle) - middle.scrollTop) < 0.01);
    }
  }
});
