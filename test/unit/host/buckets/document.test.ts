import assert from "node:assert/strict";
import { test } from "node:test";
import { panelDocument } from "../../../../src/host/buckets/document.ts";
import type { PanelStart } from "../../../../src/protocol/bucketBrowser.ts";

const uri = (path: string): unknown => ({
  path,
  with: (change: { path: string }) => uri(change.path),
  toString: () => `https://webview.test${path}`,
});
const webview = { cspSource: "https://webview.test", asWebviewUri: (file: unknown) => file };

function documentFor(userName: string, bucket = "b"): string {
  const start: PanelStart = {
    state: { platformOrigin: "https://p.test", userId: "u", userName, place: { level: "objects", bucket, prefix: "" } },
    locale: "en",
  };
  return panelDocument(webview as never, uri("/extension") as never, start);
}

test("nothing may load or run but our own script, styles and font", () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(documentFor("web-assets"))?.[1] ?? "";
  const nonce = /&#39;nonce-([^&]+)&#39;/.exec(policy)?.[1] ?? "";
  assert.deepEqual(policy.replaceAll("&#39;", "'").split("; "), [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src https://webview.test",
    "font-src https://webview.test",
  ]);
  assert.ok(nonce.length >= 22, "16 random bytes");
  assert.ok(!documentFor("web-assets").includes(nonce), "every document has a nonce of its own");
});

test("names cannot leave the attribute they are in", () => {
  const html = documentFor(`"><script>alert(1)</script>`, `' onload='x`);
  assert.equal(html.match(/<script/g)?.length, 1);
  const data = /data-start="([^"]*)"/.exec(html)?.[1] ?? "";
  const text = data.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">");
  const { state } = JSON.parse(text.replaceAll("&amp;", "&")) as PanelStart;
  assert.deepEqual(
    [state.userName, state.place],
    [`"><script>alert(1)</script>`, { level: "objects", bucket: `' onload='x`, prefix: "" }],
  );
});

test("script and stylesheet come from the extension's own folder", () => {
  const html = documentFor("web-assets");
  assert.match(html, /src="https:\/\/webview\.test\/extension\/dist\/webview\/bucketBrowser\.js"/);
  assert.match(html, /href="https:\/\/webview\.test\/extension\/dist\/webview\/style\.css"/);
});
