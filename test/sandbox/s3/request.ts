import type { IncomingMessage } from "node:http";
import { S3Error } from "./errors.ts";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A request taken apart, with its path and query as they came: no URL parser may tidy up an object key. */
export interface S3Request {
  readonly incoming: IncomingMessage;
  readonly method: string;
  /** Percent-encoded, as on the wire. */
  readonly rawPath: string;
  /** Percent-encoded name and value pairs, in the order they came. */
  readonly rawQuery: readonly (readonly [name: string, value: string])[];
  readonly query: ReadonlyMap<string, string>;
  /** "" for the list of buckets. */
  readonly bucket: string;
  /** "" for the bucket itself. */
  readonly key: string;
  header(name: string): string | undefined;
}

export function parseRequest(incoming: IncomingMessage): S3Request {
  const [rawPath = "/", ...rest] = (incoming.url ?? "/").split("?");
  const rawQuery = parseRawQuery(rest.join("?"));
  const { bucket, key } = splitPath(hostBucket(incoming.headers.host), rawPath);
  return {
    incoming,
    method: incoming.method ?? "GET",
    rawPath,
    rawQuery,
    query: new Map(rawQuery.map(([name, value]) => [decodeQuery(name), decodeQuery(value)])),
    bucket,
    key,
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(",") : value;
    },
  };
}

function parseRawQuery(text: string): (readonly [string, string])[] {
  return text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    });
}

/** The bucket of a virtual-hosted request such as `photos.localhost:8000`. */
function hostBucket(host = ""): string {
  return /^(.+)\.localhost(?::\d+)?$/.exec(host)?.[1] ?? "";
}

function splitPath(hostedBucket: string, rawPath: string): { bucket: string; key: string } {
  const path = rawPath.slice(1);
  if (hostedBucket !== "") return { bucket: hostedBucket, key: objectKey(path) };
  // RGW decodes first: an escaped slash after the bucket is one, too.
  const [slash] = /\/|%2F/i.exec(path) ?? [];
  if (slash === undefined) return { bucket: decodePath(path), key: "" };
  const end = path.indexOf(slash);
  return { bucket: decodePath(path.slice(0, end)), key: objectKey(path.slice(end + slash.length)) };
}

/** RGW answers InvalidObjectName where AWS says KeyTooLongError (measured with 16.2). */
export function objectKey(encoded: string): string {
  const key = decodePath(encoded);
  if (Buffer.byteLength(key) > 1024) throw new S3Error("InvalidObjectName");
  if (key.includes("\0")) throw new S3Error("InvalidRequest");
  return key;
}

export function decodePath(encoded: string): string {
  try {
    return strictUtf8.decode(percentDecoded(encoded));
  } catch {
    throw new S3Error("InvalidObjectName");
  }
}

function decodeQuery(encoded: string): string {
  return percentDecoded(encoded.replaceAll("+", " ")).toString("utf8");
}

export function percentDecoded(encoded: string): Buffer {
  const latin1 = encoded.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(latin1, "latin1");
}
