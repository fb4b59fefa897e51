import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { type RequestListener, type Server, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, type Socket, createServer as createListener } from "node:net";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from "undici";
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

/** Runs with something that takes connections at an https address, and speaks no TLS. */
async function withListener(take: (socket: Socket) => void, work: (origin: string) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const listener = createListener((socket) => {
    socket.on("error", () => {});
    sockets.add(socket);
    take(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  try {
    await work(`https://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    listener.close();
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

suite("direct connections", { timeout: 20_000 }, () => {
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
          // Not one of loopback's names, so that VS Code would be asked where nothing was sent.
          const anywhere = origin.replace("127.0.0.1", "0.0.0.0");
          const error = await failure(network().fetch(`${anywhere}/path?query`, secretive));
          assert.deepEqual([error.kind, error.reason], ["interrupted", reason]);
        },
      );
      assert.equal(requests, 1);
    });
  }

  test("a connection that nobody completes has sent nothing", async () => {
    await withListener(
      () => {},
      async (origin) => {
        const error = await failure(network({ connectTimeoutMs: 300 }).fetch(`${origin}/path?query`, secretive));
        assert.deepEqual([error.kind, error.reason], ["notSent", "timeout"]);
      },
    );
  });

  test("a connection that is cut while it is being encrypted has sent nothing", async () => {
    await withListener(
      (socket) => socket.destroy(),
      async (origin) => {
        const error = await failure(network().fetch(`${origin}/path?query`, secretive));
        assert.deepEqual([error.kind, error.reason], ["notSent", "reset"]);
      },
    );
  });

  test("new timeouts hold from the next request on", async () => {
    await withServer(
      () => {},
      async (origin) => {
        let requestTimeoutMs = 600_000;
        const direct = new Network({
          settings: () => ({ ...usual, requestTimeoutMs }),
          env: {},
          vscodeFetch: () => never,
        });
        const waiting = new AbortController();
        const earlier = direct.fetch(origin, { signal: waiting.signal });
        requestTimeoutMs = 300;
        assert.equal((await failure(direct.fetch(origin))).reason, "timeout");
        waiting.abort();
        await assert.rejects(earlier, { name: "AbortError" });
        await direct.close();
      },
    );
  });

  test("an answer that breaks off, or is too long, is an error", async () => {
    await withServer(
      (_, response) => {
        response.writeHead(200, { "content-length": "100" }).write("half", () => response.destroy());
      },
      async (origin) => {
        const response = await network().fetch(origin);
        const error = await failure(readText(response, origin, 1_000));
        assert.deepEqual([error.kind, error.reason], ["interrupted", "reset"]);
        await failure((await network().fetch(origin)).text());
      },
    );
    await withServer(
      (_, response) => response.end("x".repeat(50)),
      async (origin) => {
        await failure(readText(await network().fetch(origin), origin, 20));
      },
    );
  });

  test("an answer that pauses for too long is an error", async () => {
    await withServer(
      (_, response) => void response.write("half"),
      async (origin) => {
        const error = await failure((await network().fetch(origin)).text());
        assert.deepEqual([error.kind, error.reason], ["interrupted", "timeout"]);
      },
    );
  });

  test("reading an answer ends with the signal's reason when it is aborted", async () => {
    await withServer(
      (_, response) => void response.write("half"),
      async (origin) => {
        const controller = new AbortController();
        const response = await network().fetch(origin, { signal: controller.signal });
        const reason = new Error("enough");
        const reading = response.text();
        controller.abort(reason);
        await assert.rejects(reading, reason);
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
    import { Network } from ${JSON.stringify(join(import.meta.dirname, "../../../src/core/network.ts"))};
    const symbols = [1, 2, 3].map((version) => Symbol.for("undici.globalDispatcher." + version));
    // An import of it would have Node load its undici.
    const { createServer } = process.getBuiltinModule("node:http");
    const server = createServer((_, response) => response.end("ok")).listen(0, "127.0.0.1", async () => {
      const url = "http://127.0.0.1:" + server.address().port;
      const { fetch } = globalThis;
      const network = new Network({ settings: () => (${JSON.stringify(usual)}), env: {}, vscodeFetch: () => fetch });
      const early = symbols.some((symbol) => globalThis[symbol] !== undefined);
      await (await network.fetch(url)).text();
      const { Agent } = (await import("undici")).default;
      const ours = symbols.some((symbol) => globalThis[symbol] instanceof Agent);
      const same = fetch === globalThis.fetch;
      const text = await (await globalThis.fetch(url)).text();
      console.log(JSON.stringify({ early, same, ours, text }));
      process.exit();
    });`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: join(import.meta.dirname, "../../.."),
  });
  assert.deepEqual(JSON.parse(stdout), { early: false, same: true, ours: false, text: "ok" });
});

/** What VS Code's fetch is: the web's, with a proxy and an authority that the dispatcher knows. */
function fetchThrough(dispatcher: Dispatcher): Fetch {
  return ((url: string | URL, init?: RequestInit) =>
    undiciFetch(url, { ...(init as object), dispatcher })) as unknown as Fetch;
}

const host = "platform.test";
const { authority, certificate, key } = makeCertificate(host);

/** Runs with a server that has a certificate which nobody trusts, under an address that is not known for loopback's. */
async function withTlsServer(
  listener: RequestListener,
  work: (origin: string, server: Server) => Promise<void>,
): Promise<void> {
  const server = createTlsServer({ cert: certificate, key }, listener);
  try {
    await work(`https://0.0.0.0:${new URL(await listen(server)).port}`, server);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

suite("a private certificate authority", { timeout: 20_000 }, () => {
  const trusting = fetchThrough(new Agent({ connect: { ca: authority, servername: host } }));

  test("a certificate that only VS Code trusts is no obstacle, for a POST either", async () => {
    const bodies: string[] = [];
    const take: RequestListener = async (request, response) => {
      bodies.push(Buffer.concat(await request.toArray()).toString());
      response.end("ok");
    };
    await withTlsServer(take, async (origin, server) => {
      let failed = 0;
      server.on("tlsClientError", () => failed++);
      const both = network({}, { vscodeFetch: () => trusting });
      for (const body of ["first", new TextEncoder().encode("second"), new URLSearchParams("third=")]) {
        assert.equal(await (await both.fetch(origin, { method: "POST", body })).text(), "ok");
      }
      assert.deepEqual(bodies, ["first", "second", "third="]);
      assert.ok(failed <= 1, "the way that worked is taken at once from then on");
    });
  });

  test("a certificate that VS Code does not trust either is an error, and nothing was sent", async () => {
    await withTlsServer(
      () => assert.fail("a request came through"),
      async (origin) => {
        const doubting = fetchThrough(new Agent());
        const error = await failure(
          network({}, { vscodeFetch: () => doubting }).fetch(`${origin}/path?query`, secretive),
        );
        assert.deepEqual([error.kind, error.reason], ["notSent", "tls"]);
        assert.match(error.message, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
      },
    );
  });

  test("a stream is sent once only, but by the way that is known to work", async () => {
    const stream = () => ({ method: "PUT", body: new Blob(["flow"]).stream(), duplex: "half" }) as RequestInit;
    await withTlsServer(
      async (request, response) => void response.end(Buffer.concat(await request.toArray())),
      async (origin) => {
        const both = network({}, { vscodeFetch: () => trusting });
        assert.equal((await failure(both.fetch(origin, stream()))).kind, "notSent");
        await (await both.fetch(origin)).text();
        assert.equal(await (await both.fetch(origin, stream())).text(), "flow");
      },
    );
  });

  test("where the environment names a certificate, VS Code is asked first and a direct connection second", async () => {
    await withServer(
      (_, response) => response.end("direct"),
      async (near) => {
        const origin = near.replace("127.0.0.1", "0.0.0.0");
        const env = { NODE_EXTRA_CA_CERTS: "a.pem" };
        const works: Fetch = async () => new Response("vscode");
        const doubts: Fetch = async () => {
          throw new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "CERT_UNTRUSTED" }) });
        };
        const ask = async (it: Fetch) => (await network({}, { env, vscodeFetch: () => it }).fetch(origin)).text();
        assert.equal(await ask(works), "vscode");
        assert.equal(await ask(doubts), "direct");
      },
    );
  });

  test("VS Code's fetch is held to the timeouts, too", async () => {
    const settings = { connectTimeoutMs: 100, requestTimeoutMs: 300 };
    for (const [listener, when] of [
      [() => {}, "before the answer"],
      [(_, response) => void response.write("half"), "within the answer"],
    ] as readonly (readonly [RequestListener, string])[]) {
      await withTlsServer(listener, async (origin) => {
        const behind = network(settings, { env: { SSL_CERT_FILE: "a.pem" }, vscodeFetch: () => trusting });
        const error = await failure(behind.fetch(origin).then((response) => response.text()));
        assert.deepEqual([error.kind, error.reason], ["interrupted", "timeout"], when);
      });
    }
  });
});

suite("a proxy", { timeout: 20_000 }, () => {
  let proxy: ConnectProxy;
  let server: Server;
  let origin: string;
  let vscodeFetch: Fetch;

  before(async () => {
    proxy = await startProxy();
    server = createTlsServer({ cert: certificate, key }, (_, response) => response.end("from behind"));
    origin = `https://${host}:${new URL(await listen(server)).port}`;
    vscodeFetch = through(proxy.url);
  });
  after(async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });

  const through = (uri: string): Fetch => fetchThrough(new ProxyAgent({ uri, requestTls: { ca: authority } }));

  for (const [name, settings, env] of [
    ["http.proxy", { proxy: "http://proxy.test" }, {}],
    ["the environment's proxy", {}, { https_proxy: "http://proxy.test" }],
    ["nothing but a name that only the proxy knows", {}, {}],
  ] as const) {
    test(`${name} sends a request by way of VS Code's fetch, through the proxy`, async () => {
      const { fetch } = network(settings, { env: { ...env }, vscodeFetch: () => vscodeFetch });
      assert.equal(await (await fetch(origin)).text(), "from behind");
      assert.ok(proxy.tunnels.includes(new URL(origin).host));
    });
  }

  test("VS Code's fetch is looked up at each request", async () => {
    let current: Fetch = async () => new Response("before");
    const { fetch } = network({ proxy: "http://proxy.test" }, { vscodeFetch: () => current });
    assert.equal(await (await fetch(origin)).text(), "before");
    current = async () => new Response("after");
    assert.equal(await (await fetch(origin)).text(), "after");
  });

  test("a proxy that refuses, or is not there, has sent nothing", async () => {
    const refusing = await startProxy(403);
    const gone = await startProxy();
    await gone.close();
    for (const { url } of [refusing, gone]) {
      const behind = network({ proxy: url }, { vscodeFetch: () => through(url) });
      const error = await failure(behind.fetch(`${origin}/path?query`, secretive));
      assert.deepEqual([error.kind, error.reason], ["notSent", "proxy"]);
    }
    await refusing.close();
  });

  test("loopback is direct, whatever the settings", async () => {
    await withServer(
      (_, response) => response.end("near"),
      async (near) => {
        const env = { https_proxy: "x", NODE_EXTRA_CA_CERTS: "y" };
        const { fetch } = network({ proxy: "http://proxy.test" }, { env });
        assert.equal(await (await fetch(near)).text(), "near");
      },
    );
  });

  test("loopback is not tried by way of VS Code when it refuses", async () => {
    let near = "";
    await withServer(
      () => {},
      async (it) => void (near = it),
    );
    assert.equal((await failure(network().fetch(near))).reason, "refused");
  });
});
