import type { Interceptor } from "./faults.ts";

export interface ReceivedRequest {
  readonly on: "platform" | "s3";
  readonly method: string;
  readonly path: string;
  /** Without a presigned link's signature. */
  readonly query: string;
}

const remembered = 10_000;

/** What the sandbox's servers were asked, the latest last; with or without a fault. */
export class RequestLog {
  #requests: ReceivedRequest[] = [];

  get all(): readonly ReceivedRequest[] {
    return this.#requests;
  }

  clear(): void {
    this.#requests = [];
  }

  /** An interceptor that remembers a request, and leaves the rest to another one. */
  before(on: ReceivedRequest["on"], next: Interceptor): Interceptor {
    return (request, response, act) => {
      const [path = "", query = ""] = (request.url ?? "").split("?", 2);
      const shown = query.replace(/(X-Amz-Signature=)[^&]*/i, "$1[secret]");
      this.#requests.push({ on, method: request.method ?? "", path, query: shown });
      if (this.#requests.length > 2 * remembered) this.#requests = this.#requests.slice(-remembered);
      return next(request, response, act);
    };
  }
}
