import { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { Socket } from "node:net";
import { parseRequest } from "../../../sandbox/s3/request.ts";
import type { S3Request } from "../../../sandbox/s3/request.ts";

/** A request as the server would see it, though none was sent. */
export function incomingRequest(method: string, url: string, headers: IncomingHttpHeaders = {}): S3Request {
  return parseRequest(Object.assign(new IncomingMessage(new Socket()), { method, url, headers }));
}
