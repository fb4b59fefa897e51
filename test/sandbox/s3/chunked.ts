import { S3Error } from "./errors.ts";
import type { ChunkVerifier } from "./signature.ts";

const maxChunkHeader = 128;
/** AWS clients send 64 KiB to 1 MiB; one chunk is held in memory until its signature is known to be right. */
const maxChunk = 16 * 1024 * 1024;

/**
 * Takes an `aws-chunked` body apart: `<hex size>;chunk-signature=<64 hex>\r\n<data>\r\n`, ended by a chunk of size 0.
 * Only data whose signature has been verified comes out.
 */
export async function* decodeChunks(
  body: AsyncIterable<Uint8Array>,
  verify: ChunkVerifier,
): AsyncGenerator<Uint8Array, void> {
  const reader = new Reader(body);
  for (;;) {
    const header = await reader.line();
    const parts = /^([0-9a-f]+);chunk-signature=([0-9a-f]{64})$/i.exec(header);
    const size = Number.parseInt(parts?.[1] ?? "", 16);
    if (parts === null || size > maxChunk) throw new S3Error("SignatureDoesNotMatch");
    const data = await reader.take(size);
    if (!verify(data, parts[2] ?? "")) throw new S3Error("SignatureDoesNotMatch");
    if (size === 0) return;
    yield data;
    if ((await reader.line()) !== "") throw new S3Error("InvalidRequest");
  }
}

class Reader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffered = Buffer.alloc(0);

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#source = body[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    let end = this.#buffered.indexOf("\r\n");
    while (end < 0) {
      if (this.#buffered.length > maxChunkHeader) throw new S3Error("InvalidRequest");
      await this.#more();
      end = this.#buffered.indexOf("\r\n");
    }
    const text = this.#buffered.toString("latin1", 0, end);
    this.#buffered = this.#buffered.subarray(end + 2);
    return text;
  }

  async take(size: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let missing = size;
    while (missing > 0) {
      if (this.#buffered.length === 0) await this.#more();
      const piece = this.#buffered.subarray(0, missing);
      this.#buffered = this.#buffered.subarray(piece.length);
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done === true) throw new S3Error("InvalidRequest");
    this.#buffered = Buffer.concat([this.#buffered, next.value]);
  }
}
