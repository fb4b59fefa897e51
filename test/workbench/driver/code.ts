#!/usr/bin/env node
// Stands in for VS Code's own program where there is no desktop: takes its arguments for a run of extension tests, and
// runs them in VS Code's server with a headless browser. RGW_VSCODE names the version.
import { createWriteStream, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { format, parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { installation, newest, type Version } from "../../setup/parts/vscode.ts";
import { startBrowser } from "./browser.ts";
import type { Profile } from "./profile.ts";
import { Scratch } from "./scratch.ts";
import { startServer, type Server } from "./server.ts";
import { windowUrl } from "./window.ts";

const runLimitMs = 10 * 60_000;

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: "string" },
    extensionTestsPath: { type: "string" },
    "user-data-dir": { type: "string" },
    "extensions-dir": { type: "string" },
  },
});

process.exitCode = await runInServer();

async function runInServer(): Promise<number> {
  const scratch = await Scratch.create();
  const profile = profileOf(scratch.dir);
  const version = (process.env["RGW_VSCODE"] ?? newest) as Version;
  try {
    const server = await startServer(scratch, installation(version), profile, { testDriver: true });
    const browser = await startBrowser(profile);
    try {
      return await runSuite(browser.pages()[0] ?? (await browser.newPage()), server, profile);
    } finally {
      await browser.close();
    }
  } finally {
    await scratch.end();
  }
}

async function runSuite(page: Page, server: Server, { workspace }: Profile): Promise<number> {
  const folder = process.env["RGW_LOGS"] ?? workspace;
  mkdirSync(folder, { recursive: true });
  const log = createWriteStream(join(folder, "window.log"));
  page.on("console", (message) => log.write(`${message.type()}: ${message.text()}\n`));
  page.on("pageerror", (error) => log.write(`${error.stack}\n`));
  await page.exposeFunction("codeAutomationLog", (type: string, args: unknown[]) =>
    log.write(`${type}: ${format(...args)}\n`),
  );
  const { promise, resolve: end, reject } = Promise.withResolvers<number>();
  await page.exposeFunction("codeAutomationExit", end);
  page.on("close", () => reject(new Error("The window was closed before the suite had ended.")));
  setTimeout(() => reject(new Error("The suite did not end in time.")), runLimitMs).unref();
  const remote = (path: string) => `vscode-remote://localhost:${server.port}${resolve(path)}`;
  await page.goto(
    windowUrl(server, workspace, [
      ["extensionDevelopmentPath", remote(given("extensionDevelopmentPath"))],
      ["extensionTestsPath", remote(given("extensionTestsPath"))],
    ]),
  );
  const code = await promise;
  log.end();
  return code;
}

function profileOf(dir: string): Profile {
  const [userData, extensions] = [given("user-data-dir"), given("extensions-dir")];
  return { dir, userData, extensions, workspace: positionals[0] ?? dir };
}

function given(name: keyof typeof values): string {
  const value = values[name];
  if (typeof value !== "string") throw new Error(`--${name} is missing: only runs of extension tests are understood.`);
  return value;
}
