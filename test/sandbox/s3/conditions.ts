import { S3Error } from "./errors.ts";
import type { S3Request } from "./request.ts";
import type { Check, Version } from "./store.ts";

/** Whether the reader has it already (304). `*` and lists of ETags mean nothing to RGW 16.2. */
export function isUnchanged(request: S3Request, version: Version): boolean {
  const ifMatch = request.header("if-match");
  const ifNoneMatch = request.header("if-none-match");
  const since = secondsOf(request.header("if-modified-since"));
  const unmodifiedSince = secondsOf(request.header("if-unmodified-since"));
  const modified = Math.floor(version.modifiedAt / 1000);
  if (ifMatch === undefined && modified > unmodifiedSince) throw new S3Error("PreconditionFailed");
  if (ifMatch !== undefined && unquoted(ifMatch) !== version.etag) throw new S3Error("PreconditionFailed");
  return ifNoneMatch === undefined ? modified <= since : unquoted(ifNoneMatch) === version.etag;
}

/**
 * Conditions of a PUT as RGW 16.2 has them: it compares an ETag with its quotes, so a quoted one never matches, and
 * to differ from an ETag there must be one.
 */
export function writeConditions(request: S3Request): Check {
  const ifMatch = request.header("if-match");
  const ifNoneMatch = request.header("if-none-match");
  return (current) => {
    const etag = current === undefined || current.deleteMarker ? undefined : current.etag;
    const met = [
      ifMatch === undefined || (etag !== undefined && (ifMatch === "*" || ifMatch === etag)),
      ifNoneMatch === undefined ||
        (ifNoneMatch === "*" ? etag === undefined : ![undefined, ifNoneMatch].includes(etag)),
    ];
    if (met.includes(false)) throw new S3Error("PreconditionFailed");
  };
}

function secondsOf(date: string | undefined): number {
  return date === undefined ? Number.NaN : Math.floor(Date.parse(date) / 1000);
}

function unquoted(etag: string): string {
  return etag.replace(/^"(.*)"$/s, "$1");
}

export interface Range {
  readonly start: number;
  /** The last byte, included. */
  readonly end: number;
}

/** The first range of a Range header; `bytes=-0` is the whole. */
export function requestedRange(header: string | undefined, size: number): Range | undefined {
  if (header === undefined) return undefined;
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)(?:,|$)/.exec(header) ?? [];
  if (first === "" && last === "") throw new S3Error("InvalidRange");
  const suffix = Number(last) === 0 ? size : Number(last);
  const start = first === "" ? Math.max(size - suffix, 0) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) throw new S3Error("InvalidRange");
  return { start, end };
}
