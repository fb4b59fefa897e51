import { randomBytes } from "node:crypto";
import { posix } from "node:path";
// Only types from VS Code: what is here also runs, and is tested, without it.
import type * as vscode from "vscode";
import type { PanelStart } from "../../protocol/bucketBrowser.ts";

/** The part of a webview that its document depends on. */
export type DocumentHost = Pick<vscode.Webview, "asWebviewUri" | "cspSource">;

/**
 * The webview's document. Nothing but our own script, styles and icon font may load, and nothing inline may run.
 * The panel's `localResourceRoots` must contain `dist/webview`.
 */
export function panelDocument(webview: DocumentHost, extensionUri: vscode.Uri, start: PanelStart): string {
  const nonce = randomBytes(16).toString("base64");
  const asset = (name: string): string =>
    escapeHtml(
      webview.asWebviewUri(extensionUri.with({ path: posix.join(extensionUri.path, "dist/webview", name) })).toString(),
    );
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
  ].join("; ");

  // By its id the elements find the stylesheet, which has the icon font's classes.
  return `<!DOCTYPE html>
<html lang="${escapeHtml(start.locale)}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escapeHtml(start.state.userName)}</title>
    <link rel="stylesheet" id="vscode-codicon-stylesheet" href="${asset("style.css")}" />
    <script type="module" nonce="${nonce}" src="${asset("bucketBrowser.js")}"></script>
  </head>
  <body>
    <rgw-bucket-browser role="main" data-start="${escapeHtml(JSON.stringify(start))}"></rgw-bucket-browser>
  </body>
</html>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
