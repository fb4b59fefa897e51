import {
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { type Fetch, NetworkError } from "../network.ts";
import { Secret } from "../secret.ts";
import { S3Error, kindOfCode } from "./errors.ts";
import type { Bucket, BucketUsage, ObjectPage } from "./model.ts";

export interface S3Access {
  readonly endpoint: URL;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secret: Secret;
}

/** Seconds that S3 lets a presigned link live at most. */
const linkLifeAtMost = 604_800;

/**
 * The S3 endpoint, signed for one key pair. Every method throws an {@link S3Error}, or the signal's reason when it was
 * aborted. This file brings the AWS SDK: import it on first use only.
 */
export class S3 {
  readonly #client: S3Client;

  /** @param maxAttempts 1 for a question whose first answer counts: the SDK mends a wrong clock on its second attempt */
  constructor(access: S3Access, fetch: Fetch, maxAttempts = 3) {
    this.#client = new S3Client({
      endpoint: access.endpoint.href,
      region: access.region,
      credentials: { accessKeyId: access.accessKeyId, secretAccessKey: access.secret.reveal() },
      maxAttempts,
      requestHandler: new FetchHttpHandler({ customFetch: throughNetwork(fetch) }),
      // What RGW 16 to 20 get along with.
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      // The SDK would look for these in the person's AWS files.
      userAgentAppId: "",
      useArnRegion: false,
      disableMultiregionAccessPoints: true,
    });
  }

  async buckets(signal?: AbortSignal): Promise<readonly Bucket[]> {
    const { Buckets = [] } = await this.#send("ListBuckets", signal, (options) =>
      this.#client.send(new ListBucketsCommand({}), options),
    );
    return Buckets.map(({ Name = "", CreationDate }) => ({
      name: Name,
      ...(CreationDate && { created: CreationDate.toISOString() }),
    }));
  }

  /** RGW's HEAD of a bucket carries its object count and size (bytes); other endpoints say neither. */
  async usage(bucket: string, signal?: AbortSignal): Promise<BucketUsage> {
    let headers: Readonly<Record<string, string>> = {};
    const command = new HeadBucketCommand({ Bucket: bucket });
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        headers = (result.response as { headers: Record<string, string> }).headers;
        return result;
      },
      { step: "deserialize", name: "readHeaders", priority: "low" },
    );
    await this.#send("HeadBucket", signal, (options) => this.#client.send(command, options));
    const objects = count(headers["x-rgw-object-count"]);
    const bytes = count(headers["x-rgw-bytes-used"]);
    return { ...(objects !== undefined && { objects }), ...(bytes !== undefined && { bytes }) };
  }

  /** One page of at most 1,000 keys and common prefixes, in UTF-8 byte order. */
  async objects(
    { bucket, prefix, next }: { readonly bucket: string; readonly prefix: string; readonly next?: string | undefined },
    signal?: AbortSignal,
  ): Promise<ObjectPage> {
    const page = await this.#send("ListObjectsV2", signal, (options) =>
      this.#client.send(
        // Without `url`, control characters in keys do not survive the XML. The SDK does not decode it.
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          Delimiter: "/",
          EncodingType: "url",
          ContinuationToken: next,
        }),
        options,
      ),
    );
    return {
      folders: (page.CommonPrefixes ?? []).map(({ Prefix = "" }) => decodeKey(Prefix)),
      objects: (page.Contents ?? []).map(({ Key = "", Size = 0, LastModified, StorageClass }) => ({
        key: decodeKey(Key),
        size: Size,
        ...(LastModified && { modified: LastModified.toISOString() }),
        ...(StorageClass && { storageClass: StorageClass }),
      })),
      ...(page.IsTruncated && page.NextContinuationToken && { next: page.NextContinuationToken }),
    };
  }

  /**
   * A link that downloads an object, for whoever has it: a secret. Signed here, so that nothing is asked of S3.
   * @throws RangeError when it is to live for longer than S3 allows
   */
  async presignDownload(
    { bucket, key }: { readonly bucket: string; readonly key: string },
    expiresInSeconds: number,
  ): Promise<Secret> {
    if (!(expiresInSeconds >= 1 && expiresInSeconds <= linkLifeAtMost)) {
      throw new RangeError(`A link lives 1 to ${linkLifeAtMost} seconds.`);
    }
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    // What the SDK has learnt of this computer's clock from answers goes into requests by itself, but not into links.
    const signingDate = new Date(Date.now() + this.#client.config.systemClockOffset);
    const link = await getSignedUrl(this.#client, command, { expiresIn: expiresInSeconds, signingDate });
    return new Secret(withDots(link, key));
  }

  close(): void {
    this.#client.destroy();
  }

  async #send<T>(
    operation: string,
    signal: AbortSignal | undefined,
    request: (options: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    try {
      return await request(signal ? { abortSignal: signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw toS3Error(operation, error);
    }
  }
}

/**
 * Browsers and tools resolve the folders `.` and `..` in an address before they ask for it, also when their dots are
 * escaped. With its slashes escaped such a key is no path to them; to S3, which decodes it first, it is the same.
 */
function withDots(link: string, key: string): string {
  const names = key.split("/");
  if (!names.some((name) => name === "." || name === "..")) return link;
  const [address = "", query = ""] = link.split("?");
  const parts = address.split("/");
  // A key that is nothing but dots hangs on its bucket.
  const path = parts.splice(-Math.max(names.length, 2)).join("%2F");
  return `${[...parts, path].join("/")}?${query}`;
}

/** RGW's url encoding writes a space as `+`. */
function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll("+", " "));
}

/** Something else than S3 answered. */
class ForeignAnswerError extends Error {
  override readonly name = "ForeignAnswerError";
}

/** The SDK's handler calls with a `Request`, which only the fetch that made it understands. */
function throughNetwork(fetch: Fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const { url, method, headers, body, signal } = new Request(input, init);
    const response = await fetch(url, { method, headers, body, signal, ...(body && { duplex: "half" }) });
    // A proxy's page can pass for an empty list. No operation here reads an object, which might be a page of its own right.
    if (response.headers.get("content-type")?.startsWith("text/html")) throw new ForeignAnswerError();
    return response;
  };
}

function toS3Error(operation: string, error: unknown): S3Error {
  if (error instanceof NetworkError) return new S3Error(operation, "unreachable", { code: error.reason, cause: error });
  if (!(error instanceof S3ServiceException)) {
    // The cause is left out: a parser quotes the answer that it could not read.
    return new S3Error(operation, "unreadable", { code: "the answer is not S3's" });
  }
  const { httpStatusCode: status, requestId } = error.$metadata;
  // A HEAD has no body to say why.
  const code = error.name === "Unknown" || error.name === "UnknownError" ? `HTTP ${status ?? "?"}` : error.name;
  const kind = code === "HTTP 403" && operation.startsWith("Head") ? "denied" : kindOfCode(code, status);
  return new S3Error(operation, kind, { code, requestId });
}

function count(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
}
