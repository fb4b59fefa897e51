import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { S3Error } from "./errors.ts";
import { percentDecoded } from "./request.ts";
import type { S3Request } from "./request.ts";

/** Signature Version 4 as the AWS documentation of S3 specifies it, with the limits and error codes of RGW 16.2. */

const algorithm = "AWS4-HMAC-SHA256";
const maxSkewMs = 15 * 60_000;
const maxLinkSeconds = 604_800;

/** What a request says about its signature; nothing of it is proved yet. */
export interface Claim {
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** In the form 20300131T235959Z. */
  readonly timestamp: string;
  /** The value of `x-amz-content-sha256`, which is also the last line of the canonical request. */
  readonly payloadHash: string;
}

export interface Scope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** `undefined` for an anonymous request. Refuses what is malformed, out of date, or expired. */
export function readClaim(request: S3Request, now: number): Claim | undefined {
  const authorization = request.header("authorization");
  if (authorization !== undefined) return headerClaim(request, authorization, now);
  if (request.query.has("X-Amz-Algorithm")) return linkClaim(request, now);
  return undefined;
}

function headerClaim(request: S3Request, authorization: string, now: number): Claim {
  const fields = new Map<string, string>();
  if (!authorization.startsWith(`${algorithm} `)) throw new S3Error("InvalidArgument");
  for (const field of authorization.slice(algorithm.length).split(",")) {
    const [name = "", value = ""] = field.trim().split(/=(.*)/s);
    fields.set(name, value);
  }
  const timestamp = request.header("x-amz-date") ?? "";
  const claimed = claim(timestamp, request.header("x-amz-content-sha256"), (name) => fields.get(name));
  if (!(Math.abs(now - parseTimestamp(timestamp)) <= maxSkewMs)) throw new S3Error("RequestTimeTooSkewed");
  return claimed;
}

/** RGW answers AccessDenied to a link that has expired, and to one that promises more than seven days. */
function linkClaim(request: S3Request, now: number): Claim {
  const timestamp = request.query.get("X-Amz-Date") ?? "";
  const seconds = Number(request.query.get("X-Amz-Expires") ?? Number.NaN);
  if (!(seconds > 0 && seconds <= maxLinkSeconds)) throw new S3Error("AccessDenied");
  if (!(now < parseTimestamp(timestamp) + seconds * 1000)) throw new S3Error("AccessDenied");
  return claim(timestamp, request.header("x-amz-content-sha256"), (name) => request.query.get(`X-Amz-${name}`));
}

function claim(timestamp: string, payloadHash: string | undefined, field: (name: string) => string | undefined): Claim {
  const [accessKeyId, date, region, service, end] = (field("Credential") ?? "").split("/");
  const signedHeaders = field("SignedHeaders");
  const signature = field("Signature");
  if (!accessKeyId || !date || !region || !service || end !== "aws4_request" || !signedHeaders || !signature) {
    throw new S3Error("InvalidArgument");
  }
  return {
    accessKeyId,
    scope: { date, region, service },
    signedHeaders: signedHeaders.split(";"),
    signature,
    timestamp,
    payloadHash: payloadHash ?? "UNSIGNED-PAYLOAD",
  };
}

function parseTimestamp(text: string): number {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  return iso === text ? Number.NaN : Date.parse(iso);
}

export function signatureMatches(request: S3Request, claimed: Claim, secretKey: string): boolean {
  const hashed = createHash("sha256").update(canonicalRequest(request, claimed), "latin1").digest("hex");
  const text = [algorithm, claimed.timestamp, scopeText(claimed.scope), hashed].join("\n");
  return sameSignature(claimed.signature, hmac(signingKey(secretKey, claimed.scope), text).toString("hex"));
}

export function canonicalRequest(request: S3Request, claimed: Claim): string {
  const headers = claimed.signedHeaders.map((name) => `${name}:${canonicalHeader(request, name)}\n`);
  return [
    request.method,
    recode(request.rawPath, "/"),
    canonicalQuery(request),
    headers.join(""),
    claimed.signedHeaders.join(";"),
    claimed.payloadHash,
  ].join("\n");
}

function canonicalHeader(request: S3Request, name: string): string {
  return (request.header(name) ?? "").trim().replaceAll(/\s+/g, " ");
}

function canonicalQuery(request: S3Request): string {
  const pairs = request.rawQuery
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${recode(name)}=${recode(value)}`);
  return pairs.toSorted(byFirstName).join("&");
}

function byFirstName(left: string, right: string): number {
  const [leftName = ""] = left.split("=");
  const [rightName = ""] = right.split("=");
  if (leftName !== rightName) return leftName < rightName ? -1 : 1;
  return left < right ? -1 : Number(left > right);
}

/** Decodes and encodes again: every byte but the unreserved ones (and `keep`) as an upper-case escape, once. */
function recode(encoded: string, keep = ""): string {
  let text = "";
  for (const byte of percentDecoded(encoded)) {
    const character = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9._~-]/.test(character) || character === keep;
    text += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

function signingKey(secretKey: string, scope: Scope): Buffer {
  const parts = [scope.date, scope.region, scope.service, "aws4_request"];
  return parts.reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secretKey}`));
}

function scopeText({ date, region, service }: Scope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sameSignature(left: string, right: string): boolean {
  const [leftBytes, rightBytes] = [Buffer.from(left), Buffer.from(right)];
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}

/** Checks the signature of one chunk after the other: each one signs the one before it, the first the request. */
export type ChunkVerifier = (chunk: Uint8Array, signature: string) => boolean;

export function chunkVerifier(claimed: Claim, secretKey: string): ChunkVerifier {
  const key = signingKey(secretKey, claimed.scope);
  const emptyHash = createHash("sha256").digest("hex");
  let previous = claimed.signature;
  return (chunk, signature) => {
    const hashed = createHash("sha256").update(chunk).digest("hex");
    const scope = scopeText(claimed.scope);
    const text = [`${algorithm}-PAYLOAD`, claimed.timestamp, scope, previous, emptyHash, hashed].join("\n");
    previous = hmac(key, text).toString("hex");
    return sameSignature(signature, previous);
  };
}
