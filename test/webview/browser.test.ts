import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, suite, test } from "node:test";
import { type Browser, type Page, chromium } from "playwright-core";
import { type ServedPanel, servePanel } from "./page.ts";

/** Plays the extension host in the page: `window.world` is what the test sets, `window.asked` what the webview wanted. */
const fakeHost = `
  window.world = { buckets: 3, objects: 0, fail: null };
  window.asked = [];
  window.acquireVsCodeApi = () => ({
    getState: () => undefined,
    setState: (state) => { window.saved = state; },
    postMessage: async (message) => {
      window.asked.push(message);
      if (!("method" in message)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
      window.postMessage({ id: message.id, ...answer(message) });
    },
  });
  function answer({ method, params }) {
    const { world } = window;
    if (world.fail && method.startsWith("list")) return { failure: world.fail };
    if (method === "listBuckets") {
      return { value: Array.from({ length: world.buckets }, (_, i) => ({ name: "bucket-" + i, created: "2026-11-24T10:00:00.000Z" })) };
    }
    if (method === "bucketUsage") return { value: { objects: 1234, bytes: 5 * 1024 * 1024 } };
    if (method !== "listObjects") return { value: undefined };
    const start = Number(params[0].next ?? 0);
    const end = Math.min(start + 1000, world.objects);
    const prefix = params[0].prefix;
    return { value: {
      folders: start === 0 ? [prefix + "photos/", prefix + "/"] : [],
      objects: Array.from({ length: end - start }, (_, i) => ({ key: prefix + "object-" + (start + i), size: 1536, modified: "2026-11-24T10:00:00.000Z", storageClass: "STANDARD" })),
      ...(end < world.objects && { next: String(end) }),
    } };
  }
`;

const start = {
  state: { platformOrigin: "https://platform.test", userId: "u1", userName: "web-assets", place: { level: "buckets" } },
  locale: "en",
} as const;

const failure = {
  title: "The stored secret key is not valid any more.",
  detail: "The key was rotated somewhere else.",
  requestId: "tx0001",
  waysOut: [
    { id: "enterSecretKey", label: "Enter Secret Key…" },
    { id: "retry", label: "Retry" },
  ],
};

/** What VS Code's own themes say, as far as the panel asks. */
const themes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dark: {
    "editor-background": "#1f1f1f",
    foreground: "#cccccc",
    descriptionForeground: "#9d9d9d",
    "breadcrumb-foreground": "#a9a9a9",
    "list-inactiveSelectionBackground": "#37373d",
    "list-activeSelectionBackground": "#04395e",
    "list-activeSelectionForeground": "#ffffff",
    "button-background": "#0078d4",
    "button-foreground": "#ffffff",
    "button-secondaryBackground": "#313131",
    "button-secondaryForeground": "#cccccc",
    focusBorder: "#0078d4",
    "icon-foreground": "#c5c5c5",
    "panel-border": "#2b2b2b",
    errorForeground: "#f85149",
  },
  light: {
    "editor-background": "#ffffff",
    foreground: "#3b3b3b",
    descriptionForeground: "#3b3b3b",
    "breadcrumb-foreground": "#616161",
    "list-inactiveSelectionBackground": "#e4e6f1",
    "list-activeSelectionBackground": "#e8e8e8",
    "list-activeSelectionForeground": "#000000",
    "button-background": "#005fb8",
    "button-foreground": "#ffffff",
    "button-secondaryBackground": "#e5e5e5",
    "button-secondaryForeground": "#3b3b3b",
    focusBorder: "#005fb8",
    "icon-foreground": "#3b3b3b",
    "panel-border": "#e5e5e5",
    errorForeground: "#a1260d",
  },
  "hc-dark": {
    "editor-background": "#000000",
    foreground: "#ffffff",
    descriptionForeground: "#ffffff",
    "breadcrumb-foreground": "#ffffff",
    "list-activeSelectionForeground": "#ffffff",
    "button-background": "#000000",
    "button-foreground": "#ffffff",
    "button-secondaryBackground": "#000000",
    "button-secondaryForeground": "#ffffff",
    "button-border": "#6fc3df",
    focusBorder: "#f38518",
    contrastBorder: "#6fc3df",
    contrastActiveBorder: "#f38518",
    "icon-foreground": "#ffffff",
    errorForeground: "#f48771",
  },
  "hc-light": {
    "editor-background": "#ffffff",
    foreground: "#292929",
    descriptionForeground: "#292929",
    "breadcrumb-foreground": "#292929",
    "list-activeSelectionForeground": "#292929",
    "button-background": "#0f4a85",
    "button-foreground": "#ffffff",
    "button-secondaryBackground": "#ffffff",
    "button-secondaryForeground": "#292929",
    "button-border": "#0f4a85",
    focusBorder: "#006bbd",
    contrastBorder: "#0f4a85",
    contrastActiveBorder: "#006bbd",
    "icon-foreground": "#292929",
    errorForeground: "#b5200d",
  },
};

suite("the bucket browser in Chromium", () => {
  let panel: ServedPanel;
  let browser: Browser;
  let page: Page;
  const refused: string[] = [];
  const shots = join(import.meta.dirname, "../../out/screenshots/webview");

  before(async () => {
    await mkdir(shots, { recursive: true });
    panel = await servePanel(start, fakeHost);
    browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });
  after(async () => {
    await browser?.close();
    await panel?.close();
    assert.deepEqual(refused, [], "the document's policy refused something");
  });
  beforeEach(async () => {
    await page?.close();
    page = await browser.newPage({ viewport: { width: 900, height: 500 } });
    page.on("console", (message) => {
      if (/Content.Security.Policy/i.test(message.text())) refused.push(message.text());
    });
  });

  const open = async (world: Readonly<Record<string, unknown>> = {}, theme = "dark"): Promise<void> => {
    const variables = Object.entries(themes[theme] ?? {});
    await page.addInitScript((values) => {
      document.addEventListener("DOMContentLoaded", () => {
        for (const [name, value] of values) document.documentElement.style.setProperty(`--vscode-${name}`, value);
        document.documentElement.style.setProperty("--vscode-font-family", "sans-serif");
      });
    }, variables);
    await page.addInitScript((values) => {
      addEventListener("DOMContentLoaded", () =>
        Object.assign((globalThis as never as { world: object }).world, values),
      );
    }, world);
    await page.goto(panel.url);
  };
  const rows = () => page.locator('.space [role="row"]');
  const into = async (name: string): Promise<void> => page.locator(".opens", { hasText: name }).first().click();

  test("buckets are listed with size and count, and a click leads into one", async () => {
    await open({ objects: 5 });
    await page.getByRole("row", { name: "bucket bucket-0, Nov 24, 2026, " }).waitFor();
    await page.getByText("5 MB").first().waitFor();
    await page.getByText("1,234").first().waitFor();
    await page.screenshot({ path: join(shots, "buckets.png") });
    await into("bucket-1");
    await page.getByRole("row", { name: "object object-0, 1.5 KB" }).waitFor();
    await page.getByText("(empty name)").waitFor();
    await page.screenshot({ path: join(shots, "objects.png") });
    const saved = await page.evaluate(() => (globalThis as never as { saved: { place: unknown } }).saved.place);
    assert.deepEqual(saved, { level: "objects", bucket: "bucket-1", prefix: "" });
  });

  test("100,000 objects: all pages come, and only what is visible is drawn", async () => {
    await open({ objects: 100_000 });
    await into("bucket-0");
    await rows().first().waitFor();
    await page.getByText("items loaded, more to come").waitFor();
    const grid = page.locator(".grid");
    for (let limit = 400; limit > 0 && (await page.getByText("100,002 items").count()) === 0; limit--) {
      await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await page.waitForTimeout(5);
    }
    await page.getByText("100,002 items").waitFor();
    await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.getByRole("row", { name: "object object-99999," }).waitFor();
    assert.ok((await rows().count()) < 60, `${await rows().count()} rows are drawn`);
  });

  test("the keyboard moves, opens and goes up", async () => {
    await open({ objects: 50 });
    await page.locator('[role="grid"]').focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "bucket-1" }).waitFor();
    await page.locator('[role="grid"]').focus();
    await page.keyboard.press("End");
    await page.locator('.active[aria-label^="object object-49"]').waitFor();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "photos" }).waitFor();
    await page.locator('[role="grid"]').focus();
    await page.keyboard.press("Backspace");
    await page.locator('[aria-current="page"]', { hasText: "bucket-1" }).waitFor();
    await page.locator('[role="grid"]').focus();
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByRole("row", { name: "bucket bucket-0" }).waitFor();
  });

  test("no buckets and an empty folder say so", async () => {
    await open({ buckets: 0 });
    await page.getByText("This user has no buckets yet.").waitFor();
    await page.screenshot({ path: join(shots, "empty.png") });
  });

  test("a failure offers its ways out, and the old listing is gone", async () => {
    await open();
    await rows().first().waitFor();
    await page.evaluate((fail) => Object.assign((globalThis as never as { world: object }).world, { fail }), failure);
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByRole("alert").getByText(failure.title).waitFor();
    assert.equal(await rows().count(), 0);
    await page.getByText("Request ID: tx0001").waitFor();
    await page.screenshot({ path: join(shots, "failure.png") });
    await page.locator("vscode-button", { hasText: "Enter Secret Key…" }).click();
    const asked = await page.evaluate(
      () => (globalThis as never as { asked: { method?: string; params?: unknown }[] }).asked,
    );
    assert.deepEqual(asked.findLast(({ method }) => method === "takeWayOut")?.params, ["enterSecretKey"]);
    await page.evaluate(() => Object.assign((globalThis as never as { world: object }).world, { fail: null }));
    await page.locator("vscode-button", { hasText: "Retry" }).click();
    await rows().first().waitFor();
    assert.equal(await page.getByRole("alert").count(), 0);
  });

  test("a page that fails keeps the rows that came before", async () => {
    await open({ objects: 3_000 });
    await into("bucket-0");
    await page.getByText("items loaded, more to come").waitFor();
    await page.evaluate((fail) => Object.assign((globalThis as never as { world: object }).world, { fail }), failure);
    await page.locator(".grid").evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.getByRole("alert").waitFor();
    assert.ok((await rows().count()) > 0);
  });

  test("a key that changed is taken up without a click", async () => {
    await open({ fail: failure });
    await page.getByRole("alert").waitFor();
    await page.evaluate(() => {
      Object.assign((globalThis as never as { world: object }).world, { fail: null });
      globalThis.postMessage({ notice: "refresh", params: [] });
    });
    await rows().first().waitFor();
  });

  for (const theme of Object.keys(themes)) {
    test(`nothing is wrong for a screen reader, or too pale (${theme})`, async () => {
      const axe = await readFile(join(import.meta.dirname, "../../node_modules/axe-core/axe.min.js"), "utf8");
      for (const world of [{ objects: 20 }, { fail: failure }]) {
        await open(world, theme);
        await (("fail" in world ? page.getByRole("alert") : rows().first()) as ReturnType<typeof rows>).waitFor();
        if (!("fail" in world)) await into("bucket-0");
        await page.waitForTimeout(100);
        await page.screenshot({ path: join(shots, `${theme}${"fail" in world ? "-failure" : ""}.png`) });
        // What axe itself does to the page is not the panel's.
        page.removeAllListeners("console");
        await page.evaluate(axe);
        const violations = await page.evaluate(async () => {
          const run = (
            globalThis as never as {
              axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
            }
          ).axe;
          return (await run.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
        });
        assert.deepEqual(violations, []);
      }
    });
  }

  test("a narrow panel keeps the name and nothing overflows", async () => {
    await page.setViewportSize({ width: 260, height: 500 });
    await open({ objects: 5 });
    await into("bucket-0");
    await page.getByRole("row", { name: "object object-0" }).waitFor();
    await page.screenshot({ path: join(shots, "narrow.png") });
    const overflow = await page.locator(".grid").evaluate((element) => element.scrollWidth - element.clientWidth);
    assert.equal(overflow, 0);
  });
});
