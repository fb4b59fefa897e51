import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { panelDocument } from "../../src/host/buckets/document.ts";
import type { PanelStart } from "../../src/protocol/bucketBrowser.ts";

const root = join(import.meta.dirname, "../..");

export interface ServedPanel {
  readonly url: string;
  close(): Promise<void>;
}

/** The panel's document as VS Code would show it, policy included, on loopback; `fake` is the script that plays the host. */
export async function servePanel(start: PanelStart, fake: string): Promise<ServedPanel> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { bucketBrowser: "src/webview/main.ts", style: "src/webview/style.css" },
    outdir: "/webview",
    bundle: true,
    write: false,
    format: "esm",
    loader: { ".ttf": "copy" },
    assetNames: "[name]",
    logLevel: "error",
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path.split("/").at(-1) ?? "", contents]));
  const uri = { path: "", with: ({ path = "" }) => ({ toString: () => path }) };
  const host = { cspSource: "'self'", asWebviewUri: (file: { toString(): string }) => file };
  const document = panelDocument(host as never, uri as never, start);
  const nonce = /nonce="([^"]+)"/.exec(document)?.[1] ?? "";
  const page = document.replace("<script", `<script nonce="${nonce}">${fake}</script><script`);
  const axe = await readFile(join(root, "node_modules/axe-core/axe.min.js"));

  const server = createServer((request, response) => {
    const name = request.url?.split("?")[0]?.split("/").at(-1) ?? "";
    if (name === "panel") return response.setHeader("content-type", "text/html").end(page);
    const content = name === "axe.js" ? axe : files.get(name);
    const type = name.endsWith(".css") ? "text/css" : name.endsWith(".ttf") ? "font/ttf" : "text/javascript";
    return content ? response.setHeader("content-type", type).end(content) : response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/panel`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
