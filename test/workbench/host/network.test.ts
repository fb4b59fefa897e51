import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type Server, createServer, globalAgent } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { Network, NetworkError } from "../../../src/core/network.ts";
import { PlatformClient } from "../../../src/core/platform/client.ts";
import { PlatformError } from "../../../src/core/platform/errors.ts";
import { Secret } from "../../../src/core/secret.ts";
import { readNetworkSettings } from "../../../src/host/networkSettings.ts";
import { type Certificate, makeCertificate } from "../../support/authority.ts";
import { type ConnectProxy, startProxy } from "../../support/proxy.ts";

const owner = "storage-team@example.com";

/** Only the proxy knows where it is. */
const hidden = "platform.test";
/** Leads here too, but is not one of loopback's names, which are never left to VS Code. */
const near = "0.0.0.0";

/**
 * Has VS Code take a certificate for one of the system's, of which it reads all when it first makes a connection. 1.139 asks
 * Node, which looks where OpenSSL does; 1.100 knows paths of its own only, but offers this to tests.
 */
function trustAsSystem({ authority }: Certificate, folder: string): void {
  const file = join(folder, "authority.pem");
  writeFileSync(file, authority);
  process.env["SSL_CERT_FILE"] = file;
  Object.assign(globalAgent, { testCertificates: [authority] });
}

async function setProxy(url: string | undefined): Promise<void> {
  await vscode.workspace.getConfiguration("http").update("proxy", url, vscode.ConfigurationTarget.Global);
}

async function failure(request: Promise<unknown>): Promise<NetworkError> {
  const error = await request.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PlatformError && error.cause instanceof NetworkError, String(error));
  return error.cause;
}

suite("The network in the extension host", () => {
  let trusted: Certificate;
  let folder: string;
  let proxy: ConnectProxy;
  const servers: Server[] = [];
  let network: Network;

  suiteSetup(async function () {
    // Elsewhere, the system's certificates cannot be chosen for one process.
    if (process.platform !== "linux") this.skip();
    trusted = makeCertificate(hidden, near);
    folder = mkdtempSync(join(tmpdir(), "trusted-"));
    trustAsSystem(trusted, folder);
    proxy = await startProxy();
    network = new Network({ settings: readNetworkSettings, env: {}, vscodeFetch: () => globalThis.fetch });
  });

  teardown(() => setProxy(undefined));

  suiteTeardown(async () => {
    await network?.close();
    await proxy?.close();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** Asks a platform that is there for this alone who a token belongs to. */
  async function ask(name: string, { certificate, key } = trusted): Promise<string> {
    const server = createServer({ cert: certificate, key }, (request, response) => {
      response.statusCode = request.headers.authorization === "Bearer token" ? 200 : 401;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ email: owner }));
    });
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = new PlatformClient(new URL(`https://${name}:${port}`), network.fetch, new Secret("token"));
    return (await client.account()).label;
  }

  test("http.proxy carries requests to a host that only the proxy knows", async () => {
    await setProxy(proxy.url);
    assert.equal(await ask(hidden), owner);
    assert.ok(proxy.tunnels.some((to) => to.startsWith(`${hidden}:`)));
  });

  test("without it, the host is not found", async () => {
    const error = await failure(ask(hidden));
    assert.deepEqual([error.kind, error.reason], ["notSent", "dns"]);
  });

  test("a certificate that only the system trusts is trusted, without a proxy", async () => {
    const tunnels = proxy.tunnels.length;
    assert.equal(await ask(near), owner);
    assert.equal(proxy.tunnels.length, tunnels);
  });

  test("a certificate that nobody trusts is refused, and nothing was sent", async () => {
    const foreign = makeCertificate(hidden, near);
    await setProxy(proxy.url);
    for (const name of [hidden, near]) {
      const error = await failure(ask(name, foreign));
      assert.deepEqual([error.kind, error.reason], ["notSent", "tls"]);
    }
  });

  test("a proxy that refuses is named as the reason", async () => {
    const refusing = await startProxy(403);
    await setProxy(refusing.url);
    const error = await failure(ask(hidden));
    assert.deepEqual([error.kind, error.reason], ["notSent", "proxy"]);
    await refusing.close();
  });
});
