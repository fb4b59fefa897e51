import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, suite, test } from "node:test";
import { type Browser, type Page, chromium } from "playwright-core";
import { chromiumArgs } from "../setup/parts/chromium.ts";
import { type ServedPanel, servePanel } from "./page.ts";

/** Plays the extension host in the page: `window.world` is what the test sets, `window.asked` what the webview wanted. */
const fakeHost = `
  window.world = { buckets: 3, objects: 0, fail: null, pageSize: 1000, delay: 5, name: "object-" };
  window.asked = [];
  window.acquireVsCodeApi = () => ({
    getState: () => JSON.parse(sessionStorage.getItem("state")) ?? undefined,
    setState: (state) => sessionStorage.setItem("state", JSON.stringify(state)),
    postMessage: async (message) => {
      window.asked.push(message);
      if (!("method" in message)) return;
      await new Promise((resolve) => setTimeout(resolve, window.world.delay));
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
    const end = Math.min(start + world.pageSize, world.objects);
    const prefix = params[0].prefix;
    return { value: {
      folders: start === 0 && world.folders !== false ? [prefix + "photos/", prefix + "/"] : [],
      objects: Array.from({ length: end - start }, (_, i) => ({ key: prefix + world.name + (start + i), size: 1536, modified: "2026-11-24T10:00:00.000Z", storageClass: "STANDARD" })),
      ...(end < world.objects && { next: String(end) }),
    } };
  }
`;

/** What VS Code's page around the document does with a context menu, in short. */
function playContextMenus(): void {
  const menus: { context: object; y: number }[] = [];
  Object.assign(globalThis, { menus });
  addEventListener("contextmenu", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    const carrier = (event.target as Element).closest<HTMLElement>("[data-vscode-context]");
    menus.push({ context: JSON.parse(carrier?.dataset["vscodeContext"] ?? "{}") as object, y: event.clientY });
  });
}

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

const launch = (...more: readonly string[]): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [...chromiumArgs, ...more],
  });

suite("the bucket browser in Chromium", () => {
  let panel: ServedPanel;
  let browser: Browser;
  let page: Page;
  const refused: string[] = [];
  const shots = join(import.meta.dirname, "../../out/screenshots/webview");

  before(async () => {
    await mkdir(shots, { recursive: true });
    panel = await servePanel(start, fakeHost);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await panel?.close();
    assert.deepEqual(refused, [], "the document's policy refused something");
  });
  beforeEach(async () => {
    await page?.close();
    page = await browser.newPage({ viewport: { width: 900, height: 500 } });
    page.setDefaultTimeout(10_000);
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
  const set = (world: Readonly<Record<string, unknown>>): Promise<void> =>
    page.evaluate((values) => {
      Object.assign((globalThis as never as { world: object }).world, values);
    }, world);
  const saved = (): Promise<Readonly<Record<string, unknown>>> =>
    page.evaluate(() => JSON.parse(sessionStorage.getItem("state") ?? "{}"));
  const into = async (name: string): Promise<void> => page.locator(".opens, .crumb", { hasText: name }).last().click();

  test("buckets are listed with size and count, and a click leads into one", async () => {
    await open({ objects: 5 });
    await page.getByRole("row", { name: "bucket bucket-0, Nov 24, 2026, " }).waitFor();
    await page.getByText("5 MB").first().waitFor();
    await page.getByText("1,234").first().waitFor();
    await page.screenshot({ path: join(shots, "buckets.png"), caret: "initial" });
    await into("bucket-1");
    await page.getByRole("row", { name: "object object-0, 1.5 KB" }).waitFor();
    await page.getByText("(empty name)").waitFor();
    await page.screenshot({ path: join(shots, "objects.png"), caret: "initial" });
    assert.deepEqual((await saved()).place, { level: "objects", bucket: "bucket-1", prefix: "" });
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

  test("the keyboard alone goes everywhere, and comes back to where it was", async () => {
    await open({ objects: 50 });
    await rows().first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "bucket-1" }).waitFor();
    await page.getByRole("row", { name: "folder photos" }).waitFor();
    await page.keyboard.press("End");
    await page.locator('.active[aria-label^="object object-49"]').waitFor();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator('[aria-current="page"]', { hasText: "(empty name)" }).waitFor();
    await rows().first().waitFor();
    await page.keyboard.press("Backspace");
    await page.locator('.active[aria-label="folder (empty name)"]').waitFor();
    await page.keyboard.press("Alt+ArrowUp");
    await page.locator('.active[aria-label^="bucket bucket-1"]').waitFor();
  });

  test("a row's context menu is about that row, by mouse and by keyboard", async () => {
    await page.addInitScript(playContextMenus);
    await open({ objects: 200 });
    const menus = (): Promise<readonly { readonly context: unknown; readonly y: number }[]> =>
      page.evaluate(() => (globalThis as never as { menus: [] }).menus);
    const own = { preventDefaultContextMenuItems: true };
    const object = (key: string) => ({ webviewSection: "object", id: "u1", bucket: "bucket-1", key, ...own });
    await page.getByRole("row", { name: "bucket bucket-0" }).click({ button: "right" });
    await into("bucket-1");
    await page.getByRole("row", { name: "object object-2," }).click({ button: "right" });
    await page.locator('.active[aria-label^="object object-2,"]').waitFor();
    await page.getByRole("row", { name: "folder photos" }).click({ button: "right" });
    await page.getByRole("button", { name: "bucket-1" }).click({ button: "right" });
    await page.getByRole("row", { name: "folder photos" }).click();
    await page.keyboard.press("End");
    const last = page.getByRole("row", { name: "object object-199" });
    await last.waitFor();
    await page.keyboard.press("Shift+F10");
    await page.locator(".grid").evaluate((grid) => grid.scrollTo(0, 0));
    await last.waitFor({ state: "detached" });
    await page.keyboard.press("ContextMenu");
    const expected = [own, object("object-2"), own, {}, object("object-199"), object("object-199")];
    assert.deepEqual(
      (await menus()).map(({ context }) => context),
      expected,
    );
    const box = await last.boundingBox();
    const bottom = box && box.y + box.height;
    assert.deepEqual(
      (await menus()).slice(-2).map(({ y }) => Math.round(y)),
      [bottom, bottom],
    );
  });

  test("from an empty folder the keyboard finds the way up", async () => {
    await open({ folders: false });
    await into("bucket-1");
    await page.getByText("This folder is empty.").waitFor();
    await page.keyboard.press("Backspace");
    await page.locator('.active[aria-label^="bucket bucket-1"]').waitFor();
  });

  test("F5 refreshes, and goes no further: VS Code would start the debugger", async () => {
    await open();
    await rows().first().waitFor();
    await page.evaluate(() => {
      addEventListener("keydown", ({ key }) => key !== "Control" && sessionStorage.setItem("passed", key));
    });
    await set({ buckets: 4 });
    await page.keyboard.press("F5");
    await page.getByText("4 items").waitFor();
    await set({ buckets: 5 });
    await page.keyboard.press("Control+r");
    await page.getByText("5 items").waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem("passed")), null);
    await page.keyboard.press("F8");
    assert.equal(await page.evaluate(() => sessionStorage.getItem("passed")), "F8");
  });

  test("while it refreshes the old rows stay and look it, and where one stood is kept", async () => {
    await open({ objects: 2_500 });
    await into("bucket-0");
    await page.getByText("1,002 items loaded, more to come").waitFor();
    await page.locator(".grid").evaluate((element) => element.scrollTo(0, 1_900 * 22));
    await page.getByRole("row", { name: "object object-990," }).waitFor();
    await page.locator(".grid").evaluate((element) => element.scrollTo(0, 1_900 * 22));
    await page.getByRole("row", { name: "object object-1900," }).waitFor();
    await set({ delay: 300, name: "newer-" });
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByText("Refreshing…").waitFor();
    await page.locator(".grid.old").waitFor();
    await page.locator("vscode-progress-bar").waitFor();
    await page.screenshot({ path: join(shots, "refreshing.png"), caret: "initial" });
    await page.getByRole("row", { name: "object newer-1900," }).waitFor();
    assert.equal(await page.locator(".grid.old").count(), 0);
  });

  test("a reload of the window comes back to the place and the row", async () => {
    await open({ objects: 5_000 });
    await into("bucket-2");
    await into("photos");
    await page.locator('[aria-current="page"]', { hasText: "photos" }).waitFor();
    for (const row of [900, 1_800, 2_345]) {
      await page.locator(".grid").evaluate((element, top) => element.scrollTo(0, top), row * 22);
      await page.getByRole("row", { name: `object object-${row},` }).waitFor();
    }
    await page.waitForFunction(() => sessionStorage.getItem("state")?.includes('"top":2345'), null, { timeout: 5_000 });
    await page.reload();
    await page.locator('[aria-current="page"]', { hasText: "photos" }).waitFor();
    await page.getByRole("row", { name: "object object-2345," }).waitFor();
  });

  test("an answer for a place one has left is cancelled and dropped", async () => {
    await open({ objects: 5, delay: 300 });
    await into("bucket-0");
    await into("Buckets");
    await page.getByRole("row", { name: "bucket bucket-2" }).waitFor();
    const asked = (await page.evaluate(() => (globalThis as never as { asked: unknown[] }).asked)) as readonly {
      readonly id?: string;
      readonly method?: string;
      readonly cancel?: string;
    }[];
    const left = asked.find(({ method }) => method === "listObjects");
    assert.ok(asked.some(({ cancel }) => cancel !== undefined && cancel === left?.id));
    assert.equal(await page.getByRole("row", { name: "object object-" }).count(), 0);
    assert.equal(new Set(asked.map(({ id }) => id).filter(Boolean)).size, asked.filter(({ id }) => id).length);
  });

  test("a double click opens one folder, not the one that comes under the pointer", async () => {
    await open({ objects: 5, delay: 0 });
    await page.locator(".opens", { hasText: "bucket-0" }).dblclick({ delay: 30 });
    await page.getByRole("row", { name: "folder photos" }).waitFor();
    await page.getByText("7 items").waitFor();
    assert.deepEqual((await saved()).place, { level: "objects", bucket: "bucket-0", prefix: "" });
    await page.getByRole("row", { name: "folder photos" }).dblclick({ position: { x: 300, y: 10 } });
    await page.locator('[aria-current="page"]', { hasText: "photos" }).waitFor();
  });

  test("1,000,000 rows are within reach, also where the window is zoomed", async (context) => {
    await page.close();
    // Chromium's own scale, which halves what an element may be tall; Playwright's deviceScaleFactor does not.
    const zoomed = await launch("--force-device-scale-factor=2");
    context.after(() => zoomed.close());
    page = await zoomed.newPage({ viewport: null });
    await open({ objects: 1_000_000, pageSize: 50_000, folders: false });
    await into("bucket-0");
    const grid = page.locator(".grid");
    for (let limit = 400; limit > 0 && (await page.getByText("1,000,000 items").count()) === 0; limit--) {
      await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await page.waitForTimeout(5);
    }
    await page.getByText("1,000,000 items").waitFor();
    await page.getByRole("row", { name: "folder photos" }).or(rows()).first().waitFor();
    await grid.focus();
    await page.keyboard.press("Home");
    await page.getByRole("row", { name: "object object-0," }).waitFor();
    await page.keyboard.press("End");
    const last = page.getByRole("row", { name: "object object-999999," });
    await last.waitFor();
    const [row, view] = [await last.boundingBox(), await grid.boundingBox()];
    assert.ok(row && view && row.y + row.height <= view.y + view.height + 1, "the last row is wholly in view");
    await page.screenshot({ path: join(shots, "million.png"), caret: "initial" });
    assert.ok((await rows().count()) < 60);
  });

  test("names of every kind, and a long way down", async () => {
    await open({ objects: 3, name: "זוטא\u202E\n  x".repeat(3) });
    await into("bucket-0");
    for (let depth = 0; depth < 9; depth++) {
      await into("photos");
      await page
        .locator("nav li")
        .nth(depth + 2)
        .waitFor();
      await rows().first().waitFor();
    }
    await page.screenshot({ path: join(shots, "names.png"), caret: "initial" });
    for (const width of [900, 250]) {
      await page.setViewportSize({ width, height: 300 });
      // The element scrolls in its own time.
      await page.waitForFunction(() => {
        const root = document.querySelector("rgw-bucket-browser")?.shadowRoot;
        const [nav, last] = [root?.querySelector("nav"), root?.querySelector("nav li:last-child")];
        return nav && last && last.getBoundingClientRect().right <= nav.getBoundingClientRect().right + 1;
      });
    }
    await page.screenshot({ path: join(shots, "names-narrow.png"), caret: "initial" });
  });

  test("no buckets and an empty folder say so", async () => {
    await open({ buckets: 0 });
    await page.getByText("This user has no buckets yet.").waitFor();
    await page.screenshot({ path: join(shots, "empty.png"), caret: "initial" });
  });

  test("a failure offers its ways out, and the old listing is gone", async () => {
    await open();
    await rows().first().waitFor();
    await page.evaluate((fail) => Object.assign((globalThis as never as { world: object }).world, { fail }), failure);
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByRole("alert").getByText(failure.title).waitFor();
    assert.equal(await rows().count(), 0);
    await page.getByText("Request ID: tx0001").waitFor();
    await page.screenshot({ path: join(shots, "failure.png"), caret: "initial" });
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
    await page.screenshot({ path: join(shots, "failure-below.png"), caret: "initial" });
    await set({ fail: null });
    await page.locator("vscode-button", { hasText: "Retry" }).click();
    await page.getByText("2,002 items loaded").waitFor();
    assert.equal(await page.getByRole("alert").count(), 0);
  });

  test("a failure in a panel that is far too low leaves the page alive", async () => {
    await page.setViewportSize({ width: 250, height: 90 });
    await open({ fail: failure });
    await page.getByRole("alert").waitFor();
    assert.equal(await page.evaluate(() => 1 + 1), 2);
    await page.getByRole("button", { name: "Copy Request ID" }).waitFor();
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
        await page.screenshot({
          path: join(shots, `${theme}${"fail" in world ? "-failure" : ""}.png`),
          caret: "initial",
        });
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
    await page.screenshot({ path: join(shots, "narrow.png"), caret: "initial" });
    const overflow = await page.locator(".grid").evaluate((element) => element.scrollWidth - element.clientWidth);
    assert.equal(overflow, 0);
  });
});
