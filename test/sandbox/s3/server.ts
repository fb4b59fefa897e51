import { randomBytes } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { BucketDeletion, BucketSummary, KeyLookup, S3Identity, S3Server, S3ServerOptions } from "../backend.ts";
import { serveLoopback } from "../loopback.ts";
import { verifiedBody } from "./body.ts";
import type { Proof } from "./body.ts";
import type { Answer } from "./call.ts";
import { S3Error } from "./errors.ts";
import { parseRequest } from "./request.ts";
import type { S3Request } from "./request.ts";
import { operationFor } from "./routes.ts";
import { readClaim, signatureMatches } from "./signature.ts";
import { Store } from "./store.ts";
import { element, elements, plainDocument } from "./xml.ts";

/** An S3 endpoint on 127.0.0.1 that behaves like Ceph RGW 16.2, as far as the contract suite goes. */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const store = new Store(options.dataDir);
  const intercept = options.intercept ?? (async (_request, _response, act) => act());
  const server = await serveLoopback(options.port ?? 0, intercept, (request, response) =>
    handle(request, response, store, options),
  );
  return {
    endpoint: server.url,
    listBuckets: async (userId) => store.bucketsOf(userId).map(summary),
    deleteBucket: (userId, name) => deleteBucket(store, userId, name),
    purgeUser: async (userId) => {
      for (const bucket of store.bucketsOf(userId)) await store.deleteBucket(bucket);
    },
    close: async () => {
      await server.close();
      store.close();
    },
  };
}

function summary({ name, createdAt, bytes, objectCount }: ReturnType<Store["bucketsOf"]>[number]): BucketSummary {
  return { name, createdAt: new Date(createdAt), sizeBytes: bytes, objectCount };
}

async function deleteBucket(store: Store, userId: string, name: string): Promise<BucketDeletion> {
  const bucket = store.bucket(name);
  if (bucket?.ownerId !== userId) return "missing";
  if (!store.isEmpty(bucket)) return "not-empty";
  await store.deleteBucket(bucket);
  return "deleted";
}

async function handle(
  incoming: IncomingMessage,
  response: ServerResponse,
  store: Store,
  { region, lookup }: S3ServerOptions,
): Promise<void> {
  const requestId = `tx${randomBytes(12).toString("hex")}`;
  let bucket = "";
  try {
    const request = parseRequest(incoming);
    const { who, proof } = authenticate(request, lookup);
    bucket = request.bucket;
    const run = operationFor(request);
    const answer = await run({ request, store, region, who, body: () => verifiedBody(request, proof) });
    await write(response, answer, requestId);
  } catch (error) {
    if (response.headersSent || response.destroyed) throw error;
    if (!(error instanceof S3Error)) console.error("The S3 server failed:", error);
    await write(response, refusal(error, bucket, requestId), requestId);
  }
}

/** Who signed the request. The lookup is asked each time; a user's suspension is judged after the signature. */
function authenticate(request: S3Request, lookup: KeyLookup): { who?: S3Identity; proof?: Proof } {
  const claim = readClaim(request, Date.now());
  if (claim === undefined) return {};
  const who = lookup(claim.accessKeyId);
  if (who === undefined) throw new S3Error("InvalidAccessKeyId");
  if (!signatureMatches(request, claim, who.secretKey)) throw new S3Error("SignatureDoesNotMatch");
  if (who.suspended) throw new S3Error("UserSuspended");
  return { who, proof: { claim, secretKey: who.secretKey } };
}

function refusal(error: unknown, bucket: string, requestId: string): Answer {
  const { code, status, message } = error instanceof S3Error ? error : new S3Error("InternalError");
  const content = elements({
    Code: code,
    Message: message,
    BucketName: bucket || undefined,
    RequestId: requestId,
    HostId: "sandbox",
  });
  return { status, headers: { "accept-ranges": "bytes" }, body: plainDocument(element("Error", content)) };
}

async function write(response: ServerResponse, answer: Answer, requestId: string): Promise<void> {
  const { status = 200, body, headers } = answer;
  const all: OutgoingHttpHeaders = { "x-amz-request-id": requestId };
  if (typeof body === "string") all["content-type"] = "application/xml";
  if (typeof body === "string") all["content-length"] = Buffer.byteLength(body);
  if (body === undefined && status !== 204 && status !== 304) all["content-length"] = 0;
  response.writeHead(status, { ...all, ...headers });
  if (body === undefined || response.req.method === "HEAD") response.end();
  else if (typeof body === "string") response.end(body);
  else await stream(body, response);
}

async function stream(source: Readable, response: ServerResponse): Promise<void> {
  response.once("close", () => source.destroy());
  for await (const chunk of source) {
    if (!response.write(chunk) && !response.destroyed) await drained(response);
  }
  response.end();
}

async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    response.once("drain", resolve);
    response.once("close", resolve);
  });
}
