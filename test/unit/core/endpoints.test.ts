import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../../../src/core/endpoints.ts";

const cases: readonly (readonly [text: string, expected: string])[] = [
  ["https://storage.example.com", "https://storage.example.com/"],
  ["  https://storage.example.com/base/?x=1#y ", "https://storage.example.com/base/"],
  ["http://127.0.0.1:9000", "http://127.0.0.1:9000/"],
  ["http://localhost:9000", "http://localhost:9000/"],
  ["http://[::1]:9000", "http://[::1]:9000/"],
  ["http://storage.example.com", "notHttps"],
  ["http://127.0.0.1.example.com", "notHttps"],
  ["http://localhost.example.com", "notHttps"],
  ["https://me:word@storage.example.com", "hasCredentials"],
  ["ftp://storage.example.com", "notAUrl"],
  ["storage.example.com", "notAUrl"],
  ["", "notAUrl"],
];

for (const [text, expected] of cases) {
  test(`the address "${text}" is read as ${expected}`, () => {
    const address = parseAddress(text);
    assert.equal("url" in address ? address.url.href : address.problem, expected);
  });
}
