import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Environment, type RouteSettings, type Routes, routesTo } from "../../../src/core/route.ts";

const proxy = "http://proxy.test:3128";
const inSettings = { proxy };
const inEnv = { https_proxy: proxy };

/** What is asked, the settings that are not VS Code's defaults, the environment, and the ways in order. */
type Case = readonly [name: string, url: string, settings: Partial<RouteSettings>, env: Environment, routes: Routes];

const anywhere = "https://s3.storage.test/";
const cases: readonly Case[] = [
  ["nothing is set", anywhere, {}, {}, ["direct", "vscode"]],
  ["this computer, by name", "http://localhost:8080/", inSettings, inEnv, ["direct"]],
  ["this computer, by a name of its own", "http://s3.localhost/", inSettings, inEnv, ["direct"]],
  ["this computer, by address", "http://127.8.9.1/", inSettings, { NODE_EXTRA_CA_CERTS: "a.pem" }, ["direct"]],
  ["this computer, by IPv6 address", "https://[::1]/", inSettings, inEnv, ["direct"]],
  ["a name that only begins like it", "https://localhost.test/", inSettings, {}, ["proxy"]],
  ["http.proxy", anywhere, inSettings, {}, ["proxy"]],
  ["https_proxy", anywhere, {}, { https_proxy: proxy }, ["proxy"]],
  ["HTTP_PROXY, of https too", anywhere, {}, { HTTP_PROXY: proxy }, ["proxy"]],
  ["http.proxySupport is off", anywhere, { ...inSettings, proxySupport: "off" }, inEnv, ["direct", "vscode"]],
  ["http.proxySupport is on", anywhere, { ...inSettings, proxySupport: "on" }, {}, ["proxy"]],
  ["no_proxy names the host", anywhere, inSettings, { no_proxy: "a.test, S3.storage.test" }, ["direct", "vscode"]],
  ["NO_PROXY names a domain", anywhere, {}, { ...inEnv, NO_PROXY: "storage.test" }, ["direct", "vscode"]],
  ["no_proxy names a domain with a dot", anywhere, {}, { ...inEnv, no_proxy: ".storage.test" }, ["direct", "vscode"]],
  ["no_proxy names everything", anywhere, inSettings, { no_proxy: "*" }, ["direct", "vscode"]],
  ["no_proxy names the end of a word", anywhere, inSettings, { no_proxy: "rage.test" }, ["proxy"]],
  ["no_proxy names the port", `https://a.test:8443/`, inSettings, { no_proxy: "a.test:8443" }, ["direct", "vscode"]],
  ["no_proxy names the usual port", "https://a.test/", inSettings, { no_proxy: "a.test:443" }, ["direct", "vscode"]],
  ["no_proxy names another port", anywhere, inSettings, { no_proxy: "s3.storage.test:8443" }, ["proxy"]],
  ["no_proxy with a star, of which VS Code knows nothing", anywhere, inSettings, { no_proxy: "*.test" }, ["proxy"]],
  ["no_proxy is empty", anywhere, inSettings, { no_proxy: "" }, ["proxy"]],
  ["http.noProxy names the host", anywhere, { ...inSettings, noProxy: ["storage.test"] }, {}, ["direct", "vscode"]],
  [
    "http.noProxy takes no_proxy's place",
    anywhere,
    { ...inSettings, noProxy: ["a.test"] },
    { no_proxy: "*" },
    ["proxy"],
  ],
  ["a certificate", anywhere, {}, { NODE_EXTRA_CA_CERTS: "a.pem" }, ["vscode", "direct"]],
  ["a certificate and a proxy", anywhere, {}, { ...inEnv, SSL_CERT_FILE: "a.pem" }, ["proxy"]],
];

suite("the way to a server", () => {
  for (const [name, url, settings, env, routes] of cases) {
    test(`${name}: ${routes.join(", then ")}`, () => {
      const all = { proxy: "", noProxy: [], proxySupport: "override", ...settings };
      assert.deepEqual(routesTo(new URL(url), all, env), routes);
    });
  }
});
