import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Interceptor } from "./faults.ts";

export interface LoopbackServer {
  /** E.g. `http://127.0.0.1:40001`, without a slash at its end. */
  readonly url: string;
  /** Ends the server and what connections it has. */
  close(): Promise<void>;
}

/** Serves on 127.0.0.1 and nowhere else; port 0 is any free one. */
export async function serveLoopback(
  port: number,
  respond: (...parameters: Parameters<Interceptor>) => Promise<void>,
  act: (...parameters: readonly [Parameters<Interceptor>[0], Parameters<Interceptor>[1]]) => Promise<void> | void,
): Promise<LoopbackServer> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    // A failure here is a connection that ended under a fault or a client that left: there is nobody to tell.
    respond(request, response, () => act(request, response)).catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
