import { Agent, request as connect } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import type { Interceptor } from "../faults.ts";
import { serveLoopback, type LoopbackServer } from "../loopback.ts";

/** A loopback proxy in front of RGW that lets faults in. Headers pass as they are, `Host` too: it is part of what was signed. */
export async function startFront(rgwEndpoint: string, intercept: Interceptor, port: number): Promise<LoopbackServer> {
  const agent = new Agent({ keepAlive: true, timeout: 30_000 });
  const upstream = new URL(rgwEndpoint);
  const server = await serveLoopback(port, intercept, (request, response) =>
    forward(request, response, upstream, agent),
  );
  const close = async () => {
    await server.close();
    agent.destroy();
  };
  return { url: server.url, close };
}

async function forward(request: IncomingMessage, response: ServerResponse, upstream: URL, agent: Agent): Promise<void> {
  const outgoing = connect({
    agent,
    host: upstream.hostname,
    port: upstream.port,
    method: request.method,
    path: request.url,
    headers: request.rawHeaders,
    setHost: false,
  });
  outgoing.on("error", () => {}); // an error before the answer rejects below; one after it changes nothing
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
  // Not awaited: RGW may refuse a request before it has read all of it.
  pipeline(request, outgoing).catch(() => {});
  const [answer] = await answered;
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  await pipeline(answer, response);
}
