import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { type RequestListener, type Server, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { ProxyAgent, fetch as undiciFetch } from "undici";
import {
  type Fetch,
  Network,
  NetworkError,
  type NetworkPorts,
  type NetworkSettings,
  readText,
} from "../../../src/core/network.ts";
import { makeCertificate } from "../../support/authority.ts";
import { type ConnectProxy, startProxy } from "../../support/proxy.ts";

const usual: NetworkSettings = {
  proxy: "",
  noProxy: [],
  proxySupport: "override",
  connectTimeoutMs: 1_000,
  requestTimeoutMs: 500,
};

const never: Fetch = () => assert.fail("VS Code's fetch was asked");

function network(settings: Partial<NetworkSettings> = {}, ports: Partial<NetworkPorts> = {}): Network {
  return new Network({ settings: () => ({ ...usual, ...settings }), env: {}, vscodeFetch: () => never, ...ports });
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs with a server on loopback, and ends both. */
async function withServer(
  listener: RequestListener,
  work: (origin: string, server: Server) => Promise<void>,
): Promise<void> {
  const server = createServer(listener);
  try {
    await work(await listen(server), server);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function failure(request: Promise<unknown>): Promise<NetworkError> {
  const error = await request.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof NetworkError, String(error));
  assert.doesNotMatch(error.message, /path|query|token|body/);
  return error;
}

const secretive = { method: "POST", headers: { authorization: "token" }, body: "body" };

suite("direct connections", () => {
  test("ten requests make no ten connections", async () => {
    const sockets = new Set<Socket>();
    await withServer(
      (request, response) => {
        sockets.add(request.socket);
        response.end("ok");
      },
      async (origin) => {
        const direct = network();
        for (let i = 0; i < 10; i++) assert.equal(await readText(await direct.fetch(origin), origin, 10), "ok");
        await direct.close();
      },
    );
    assert.ok(sockets.size <= 2, `${sockets.size} connections`);
  });

  test("a redirect is not followed", async () => {
    await withServer(
      (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      async (origin) => {
        const direct = network();
        assert.equal((await direct.fetch(origin)).status, 302);
        await direct.close();
      },
    );
  });

  test("a refused connection has sent nothing", async () => {
    let origin = "";
    await withServer(
      () => {},
      async (it) => void (origin = it),
    );
    const error = await failure(network().fetch(`${origin}/path?query`, secretive));
    assert.deepEqual([error.kind, error.reason], ["notSent", "refused"]);
  });

  for (const [name, reason, listener] of [
    ["a server that never answers", "timeout", () => {}],
    ["a connection that is cut", "reset", (request) => request.socket.destroy()],
  ] as readonly (readonly [string, string, RequestListener])[]) {
    test(`${name} may have acted, and is asked once`, async () => {
      let requests = 0;
      await withServer(
        (request, response) => {
          requests++;
          listener(request, response);
        },
        async (origin) => {
          const error = await failure(network().fetch(`${origin}/path?query`, secretive));
          assert.deepEqual([error.kind, error.reason], ["interrupted", reason]);
        },
      );
      assert.equal(requests, 1);
    });
  }

  test("an answer that breaks off, or is too long, is an error", async () => {
    await withServer(
      (_, response) => {
        response.writeHead(200, { "content-length": "100" }).write("half", () => response.destroy());
      },
      async (origin) => {
        const response = await network().fetch(origin);
        assert.equal((await failure(readText(response, origin, 1_000))).kind, "interrupted");
      },
    );
    await withServer(
      (_, response) => response.end("x".repeat(50)),
      async (origin) => {
        await failure(readText(await network().fetch(origin), origin, 20));
      },
    );
  });

  test("an aborted request ends with the signal's reason", async () => {
    await withServer(
      () => {},
      async (origin) => {
        const controller = new AbortController();
        const request = network().fetch(origin, { signal: controller.signal });
        const reason = new Error("enough");
        controller.abort(reason);
        await assert.rejects(request, reason);
      },
    );
  });
});

test("the process's own fetch and dispatcher are left alone", async () => {
  const program = `
    import { createServer } from "node:http";
    import { Network } from ${JSON.stringify(join(import.meta.dirname, "../../../src/core/network.ts"))};
    const server = createServer((_, response) => response.end("ok")).listen(0, "127.0.0.1", async () => {
      const url = "http://127.0.0.1:" + server.address().port;
      const before = globalThis.fetch;
      const network = new Network({ settings: () => (${JSON.stringify(usual)}), env: {}, vscodeFetch: () => fetch });
      await (await network.fetch(url)).text();
      const { Agent } = (await import("undici")).default;
      const ours = globalThis[Symbol.for("undici.globalDispatcher.1")] instanceof Agent;
      const text = await (await globalThis.fetch(url)).text();
      console.log(JSON.stringify({ same: before === globalThis.fetch, ours, text }));
      process.exit();
    });`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: join(import.meta.dirname, "../../.."),
  });
  assert.deepEqual(JSON.parse(stdout), { same: true, ours: false, text: "ok" });
});

suite("a proxy and a private certificate authority", () => {
  const host = "platform.test";
  const { authority, certificate, key } = makeCertificate(host);
  let proxy: ConnectProxy;
  let server: Server;
  let origin: string;
  let requests = 0;
  /** What VS Code's fetch does: it knows the proxy and the authority. */
  let vscodeFetch: Fetch;

  before(async () => {
    proxy = await startProxy();
    server = createTlsServer({ cert: certificate, key }, (_, response) => {
      requests++;
      response.end("from behind");
    });
    origin = `https://${host}:${new URL(await listen(server)).port}`;
    const dispatcher = new ProxyAgent({ uri: proxy.url, requestTls: { ca: authority } });
    vscodeFetch = ((url: string | URL, init?: RequestInit) =>
      undiciFetch(url, { ...(init as object), dispatcher })) as unknown as Fetch;
  });
  after(async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });

  const asks = async (settings: Partial<NetworkSettings>, env: Readonly<Record<string, string>>): Promise<number> => {
    const earlier = proxy.tunnels.length + requests;
    const response = await network(settings, { env, vscodeFetch: () => vscodeFetch }).fetch(origin);
    assert.equal(await response.text(), "from behind");
    return proxy.tunnels.length + requests - earlier;
  };

  for (const [name, settings, env] of [
    ["http.proxy", { proxy: "http://proxy.test" }, {}],
    ["the environment's proxy", {}, { https_proxy: "http://proxy.test" }],
    ["a certificate of the environment's", {}, { NODE_EXTRA_CA_CERTS: "/etc/private.pem" }],
    ["nothing but a name that only the proxy knows", {}, {}],
  ] as const) {
    test(`${name} sends a request by way of VS Code's fetch, through the proxy`, async () => {
      assert.ok((await asks(settings, { ...env })) >= 1);
      assert.ok(proxy.tunnels.includes(new URL(origin).host));
    });
  }

  test("loopback is direct, whatever the settings", async () => {
    await withServer(
      (_, response) => response.end("near"),
      async (near) => {
        const { fetch } = network(
          { proxy: "http://proxy.test" },
          { env: { https_proxy: "x", NODE_EXTRA_CA_CERTS: "y" } },
        );
        assert.equal(await (await fetch(near)).text(), "near");
      },
    );
  });

  test("exceptions go direct; http.noProxy takes the place of no_proxy", async () => {
    const asked: string[] = [];
    const route = async (
      settings: Partial<NetworkSettings>,
      env: Readonly<Record<string, string>>,
    ): Promise<string> => {
      asked.length = 0;
      const spy: Fetch = async () => {
        asked.push("vscode");
        return new Response("");
      };
      const dns = network(settings, { env, vscodeFetch: () => spy });
      // A stream cannot be sent twice: so a direct try that finds no host is not followed by another.
      const body = new ReadableStream({ pull: (controller) => controller.close() });
      await dns.fetch(origin, { method: "POST", body, duplex: "half" } as RequestInit).catch(() => undefined);
      return asked.length > 0 ? "vscode" : "direct";
    };
    const env = { https_proxy: "http://proxy.test" };
    assert.equal(await route({}, env), "vscode");
    assert.equal(await route({}, { ...env, no_proxy: `a.test, ${host}` }), "direct");
    assert.equal(await route({ noProxy: [".test"] }, env), "direct");
    assert.equal(await route({ noProxy: ["other.test"] }, { ...env, no_proxy: host }), "vscode");
    assert.equal(await route({ proxySupport: "off" }, env), "direct");
  });
});
