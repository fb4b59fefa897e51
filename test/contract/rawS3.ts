import { createHash, createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";

export interface RawTarget {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RawRequest {
  readonly method?: string;
  /** As it goes over the wire: already percent-encoded, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** What `x-amz-content-sha256` says; the hash of the body unless given. */
  readonly payload?: string;
  readonly date?: Date;
  /** Sent instead of the host of the endpoint, and signed. */
  readonly host?: string;
  /** Leaves Content-Length away, for a body sent with `transfer-encoding: chunked`. */
  readonly noLength?: boolean;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The `<Code>` of an error document, or "". */
  readonly code: string;
}

export class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", keyBytes(secret));
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error("not needed");
  }
}

function keyBytes(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === "string") return secret;
  if (secret instanceof ArrayBuffer) return new Uint8Array(secret);
  return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength);
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

export function signerFor(target: RawTarget): SignatureV4 {
  return new SignatureV4({
    service: "s3",
    region: target.region,
    credentials: target,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
}

function unsigned(target: RawTarget, raw: RawRequest): HttpRequest {
  return new HttpRequest({
    method: raw.method ?? "GET",
    protocol: "http:",
    hostname: new URL(target.endpoint).hostname,
    path: raw.path,
    query: { ...raw.query },
    headers: { host: raw.host ?? new URL(target.endpoint).host, ...raw.headers },
  });
}

/** A request signed by an implementation that is not ours, sent byte for byte as given. */
export async function signedRequest(target: RawTarget, raw: RawRequest): Promise<RawAnswer> {
  return send(target, { ...raw, headers: await signedHeaders(target, raw) });
}

export async function signedHeaders(target: RawTarget, raw: RawRequest): Promise<Record<string, string>> {
  const prepared = unsigned(target, raw);
  prepared.headers["x-amz-content-sha256"] = raw.payload ?? sha256Hex(raw.body ?? "");
  const signed = await signerFor(target).sign(prepared, { signingDate: raw.date ?? new Date() });
  return signed.headers;
}

/** The path and query of a presigned link, which signs no body. */
export async function presign(target: RawTarget, raw: RawRequest, expiresIn = 60): Promise<string> {
  const headers = { ...raw.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
  const signed = await signerFor(target).presign(unsigned(target, { ...raw, headers }), {
    expiresIn,
    signingDate: raw.date ?? new Date(),
  });
  return pathAndQuery(signed.path, signed.query as Record<string, string>);
}

export function pathAndQuery(path: string, query: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(query).map(([name, value]) => `${escapeUri(name)}=${escapeUri(value)}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

export function escapeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Sends a request as it is: no signature is added, and the path is not touched. */
export async function send(target: Pick<RawTarget, "endpoint">, raw: RawRequest): Promise<RawAnswer> {
  const url = new URL(target.endpoint);
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: url.hostname,
      port: url.port,
      method: raw.method ?? "GET",
      path: pathAndQuery(raw.path, raw.query),
      headers:
        raw.body === undefined || raw.noLength
          ? raw.headers
          : { "content-length": Buffer.byteLength(raw.body), ...raw.headers },
      agent: false,
    });
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const body = Buffer.concat(chunks);
        const text = body.toString("utf8");
        const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? "";
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body, text, code });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(raw.body);
  });
}

export interface ChunkedUpload {
  /** As it goes over the wire. */
  readonly path: string;
  readonly chunks: readonly string[];
  /** Whether `x-amz-decoded-content-length` is sent; true unless given. */
  readonly decodedLength?: boolean;
  /** A place in the finished body where one chunk is changed after it was signed. */
  readonly tamper?: (body: string) => string;
}

/** A PUT as `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: every chunk signs the one before it. */
export async function signedChunkedPut(target: RawTarget, upload: ChunkedUpload): Promise<RawAnswer> {
  const length = String(upload.chunks.join("").length);
  const headers = {
    "content-encoding": "aws-chunked",
    ...(upload.decodedLength !== false && { "x-amz-decoded-content-length": length }),
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  };
  const signed = await signerFor(target).sign(unsigned(target, { method: "PUT", path: upload.path, headers }));
  const body = chunkedBody(target, signed.headers, upload.chunks);
  const sent = upload.tamper ? upload.tamper(body) : body;
  return send(target, { method: "PUT", path: upload.path, headers: signed.headers, body: sent });
}

function chunkedBody(target: RawTarget, headers: Readonly<Record<string, string>>, chunks: readonly string[]): string {
  const timestamp = headers["x-amz-date"] ?? "";
  const scope = `${timestamp.slice(0, 8)}/${target.region}/s3/aws4_request`;
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${target.secretAccessKey}`) as Buffer;
  let signature = /Signature=(\w+)/.exec(headers["authorization"] ?? "")?.[1] ?? "";
  const framed = [...chunks, ""].map((chunk) => {
    const parts = ["AWS4-HMAC-SHA256-PAYLOAD", timestamp, scope, signature, sha256Hex(""), sha256Hex(chunk)];
    signature = hmac(key, parts.join("\n")).toString("hex");
    return `${chunk.length.toString(16)};chunk-signature=${signature}\r\n${chunk}\r\n`;
  });
  return framed.join("");
}
