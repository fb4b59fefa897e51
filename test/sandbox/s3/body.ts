import { createHash } from "node:crypto";
import { decodeChunks } from "./chunked.ts";
import { S3Error } from "./errors.ts";
import type { S3Request } from "./request.ts";
import { chunkVerifier } from "./signature.ts";
import type { Claim } from "./signature.ts";

/** A claim that has been proved, with the secret that proved it. */
export interface Proof {
  readonly claim: Claim;
  readonly secretKey: string;
}

/**
 * The body of a request, checked against the hash that was signed and against Content-MD5. Every value of
 * `x-amz-content-sha256` that RGW 16.2 does not know is to it a hash that does not match: that goes for the streams
 * with a trailer too. A body without a length gets 411.
 */
export async function* verifiedBody(request: S3Request, proof: Proof | undefined): AsyncGenerator<Uint8Array, void> {
  const expectedMd5 = contentMd5(request);
  if (request.header("transfer-encoding") !== undefined) throw new S3Error("MissingContentLength");
  const payloadHash = proof?.claim.payloadHash ?? "UNSIGNED-PAYLOAD";
  const chunked = payloadHash === "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  const md5 = createHash("md5");
  const sha256 = createHash("sha256");
  let size = 0;
  for await (const chunk of proof && chunked ? signedChunks(request, proof) : rawChunks(request)) {
    md5.update(chunk);
    sha256.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  if (chunked && size !== decodedLength(request)) throw new S3Error("InvalidRequest");
  if (!chunked && payloadHash !== "UNSIGNED-PAYLOAD" && payloadHash !== sha256.digest("hex")) {
    throw new S3Error("XAmzContentSHA256Mismatch");
  }
  if (expectedMd5 !== undefined && !expectedMd5.equals(md5.digest())) throw new S3Error("BadDigest");
}

function signedChunks(request: S3Request, { claim, secretKey }: Proof): AsyncIterable<Uint8Array> {
  if (Number.isNaN(decodedLength(request))) throw new S3Error("InvalidArgument");
  return decodeChunks(rawChunks(request), chunkVerifier(claim, secretKey));
}

function rawChunks(request: S3Request): AsyncIterable<Uint8Array> {
  return request.incoming;
}

function decodedLength(request: S3Request): number {
  return Number(request.header("x-amz-decoded-content-length") ?? Number.NaN);
}

function contentMd5(request: S3Request): Buffer | undefined {
  const text = request.header("content-md5");
  if (text === undefined) return undefined;
  const md5 = Buffer.from(text, "base64");
  if (md5.length !== 16) throw new S3Error("InvalidDigest");
  return md5;
}
