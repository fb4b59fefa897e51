import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeChunks } from "../../../sandbox/s3/chunked.ts";
import type { ChunkVerifier } from "../../../sandbox/s3/signature.ts";

const signature = (digit: string) => digit.repeat(64);
const body = `3;chunk-signature=${signature("1")}\r\nabc\r\na;chunk-signature=${signature("2")}\r\n\r\n3456\r\n90\r\n0;chunk-signature=${signature("3")}\r\n\r\n`;

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
}

async function decoded(text: string, size: number, verify: ChunkVerifier = () => true): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of decodeChunks(inPieces(text, size), verify)) chunks.push(Buffer.from(chunk).toString());
  return chunks;
}

describe("an aws-chunked body", () => {
  for (const size of [1, 2, 7, 100, 1000]) {
    it(`is taken apart though it comes in pieces of ${size}`, async () => {
      assert.deepEqual(await decoded(body, size), ["abc", "\r\n3456\r\n90"]);
    });
  }

  it("has each chunk verified with its own signature, the last and empty one too", async () => {
    const seen: [string, string][] = [];
    await decoded(body, 50, (chunk, signed) => seen.push([Buffer.from(chunk).toString(), signed.slice(0, 1)]) > 0);
    assert.deepEqual(seen, [["abc", "1"], ["\r\n3456\r\n90", "2"], ["", "3"]]); // prettier-ignore
  });

  it("gives nothing out of a chunk that is refused", async () => {
    const refused = { code: "SignatureDoesNotMatch" };
    const given: string[] = [];
    const reading = async () => {
      const refuseSecond = (_: Uint8Array, signed: string) => signed !== signature("2");
      for await (const chunk of decodeChunks(inPieces(body, 9), refuseSecond)) given.push(String(chunk));
    };
    await assert.rejects(reading, refused);
    assert.deepEqual(given.length, 1);
  });

  for (const [title, broken] of [
    ["cut in its data", body.slice(0, 90)],
    ["cut before the end", body.slice(0, -90)],
    ["without signatures", "3\r\nabc\r\n0\r\n\r\n"],
    ["with a size that is too small", body.replace("3;", "2;")],
    ["with a header that never ends", "3;chunk-signature=".repeat(100)],
    ["that is empty", ""],
  ] as const) {
    it(`${title} is refused`, async () => {
      await assert.rejects(decoded(broken, 40), { name: "Error" });
    });
  }
});
