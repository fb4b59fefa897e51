import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { out } from "../../setup/paths.ts";
import { gone, loadLimitMs, shown, stepLimitMs, until } from "./wait.ts";

type Name = string | RegExp;

/** VS Code's window as a person sees it. Selectors are roles, or classes that VS Code's own tests rely on. */
export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await shown(this.page.locator(".monaco-workbench .part.statusbar"), loadLimitMs);
  }

  /** Shows a view container of the activity bar. */
  async showContainer(name: string): Promise<void> {
    const tab = this.page.locator(".part.activitybar").getByRole("tab", { name });
    await shown(tab, loadLimitMs);
    if ((await tab.getAttribute("aria-selected")) !== "true") await tab.click();
  }

  get sidebar(): Locator {
    return this.page.locator(".part.sidebar");
  }

  get editor(): Locator {
    return this.page.locator(".part.editor");
  }

  /** By its accessible label. */
  treeItem(name: Name): Locator {
    return this.sidebar.getByRole("treeitem", { name });
  }

  /** A button that a tree item shows while the pointer is over it. */
  async inlineAction(item: Locator, name: Name): Promise<void> {
    await item.hover();
    await item.getByRole("button", { name }).click();
  }

  /** Selects these tree items and no others, and opens none. */
  async select(items: readonly Locator[]): Promise<void> {
    const selected = this.sidebar.getByRole("treeitem", { selected: true });
    const toggle = async (item: Locator) => item.click({ modifiers: ["ControlOrMeta"] });
    for (let left = await selected.count(); left > 0; left--) {
      await toggle(selected.first());
      await until("an item is not selected any more", async () => (await selected.count()) < left);
    }
    for (const item of items) {
      await toggle(item);
      await shown(item.and(selected));
    }
  }

  /** Opens the menu of a tree item, and leaves it open. */
  async openContextMenu(item: Locator): Promise<Locator> {
    await item.click({ button: "right" });
    const entries = this.page.locator(".context-view").getByRole("menuitem");
    await shown(entries);
    return entries;
  }

  async contextMenu(item: Locator, name: Name): Promise<void> {
    await this.openContextMenu(item);
    const entry = this.page.locator(".context-view").getByRole("menuitem", { name });
    await shown(entry);
    // VS Code takes a click just after the opening for a part of the one that opened it; a key is never ignored.
    await entry.hover();
    await entry.press("Enter");
    await gone(entry);
  }

  tab(name: Name): Locator {
    return this.editor.getByRole("tab", { name });
  }

  /** Without keeping what is in it. */
  async closeEditor(): Promise<void> {
    await this.command("View: Revert and Close Editor");
  }

  /** The text of the document that is shown, by way of the clipboard: the editor draws a part of it only. */
  async documentText(): Promise<string> {
    await this.page.evaluate("navigator.clipboard.writeText('')");
    await this.editor.locator(".monaco-editor .view-lines").first().click();
    await this.page.keyboard.press("ControlOrMeta+A");
    await this.page.keyboard.press("ControlOrMeta+C");
    await until("the document is in the clipboard", async () => (await this.clipboard()) !== "");
    return this.clipboard();
  }

  /** What is shown while the pointer rests on a tree item's name. A row that is drawn anew forgets a pointer on it. */
  async tooltip(item: Locator): Promise<Locator> {
    const tooltip = this.page.locator(".monaco-hover:visible");
    await until("a tooltip is shown", async () => {
      await this.page.mouse.move(0, 0);
      await item.locator(".label-name").hover();
      return shown(tooltip, 2_000).then(
        () => true,
        () => false,
      );
    });
    return tooltip;
  }

  toast(text: Name): Locator {
    return this.page.locator(".notifications-toasts .notification-list-item").filter({ hasText: text });
  }

  /** In the list behind the bell, where it stays after its toast is gone. */
  async notification(text: Name): Promise<Locator> {
    await this.command("Notifications: Show Notifications");
    return this.page.locator(".notifications-center .notification-list-item").filter({ hasText: text });
  }

  dialog(text: Name): Locator {
    return this.page.locator(".monaco-dialog-box").filter({ hasText: text });
  }

  /** The one widget behind the palette, quick picks and input boxes. */
  get quickInput(): Locator {
    return this.page.locator(".quick-input-widget:visible");
  }

  /** The input box or quick pick of this title, once it is shown. */
  async titled(title: Name): Promise<Locator> {
    await shown(this.quickInput.locator(".quick-input-title").filter({ hasText: title }));
    return this.quickInput.locator("input[type=text], input[type=password]").first();
  }

  /** Answers an input box. */
  async answer(title: Name, text: string): Promise<void> {
    const input = await this.titled(title);
    await input.fill(text);
    await input.press("Enter");
  }

  /** Takes an option of a quick pick. */
  async pick(title: Name, option: Name): Promise<void> {
    await this.titled(title);
    await this.quickInput.getByRole("option", { name: option }).first().click();
  }

  /** Runs a command by its title in the palette, waiting until its extension has contributed it. */
  async command(title: string): Promise<void> {
    await this.#choose(title);
    // The command's own input may use the same widget: it is no longer the palette once the text is gone.
    await until("the palette has closed", async () => !(await this.#paletteHolds(title)));
  }

  async #choose(title: string): Promise<void> {
    const option = this.quickInput.getByRole("option", { name: title }).first();
    await until(
      `the palette lists "${title}"`,
      async () => {
        await this.page.keyboard.press("Escape");
        await this.page.keyboard.press("F1");
        const input = this.quickInput.locator("input[type=text]").first();
        return input
          .fill(`>${title}`, { timeout: 5_000 })
          .then(() => option.click({ timeout: 5_000 }))
          .then(
            () => true,
            () => false,
          );
      },
      loadLimitMs,
    );
  }

  async #paletteHolds(title: string): Promise<boolean> {
    const input = this.quickInput.locator("input[type=text]").first();
    return (await input.count()) > 0 && (await input.inputValue({ timeout: 1_000 }).catch(() => "")) === `>${title}`;
  }

  /** Reloads as a person does: VS Code saves its state first, which a reload of the page might lose. */
  async reload(): Promise<void> {
    await this.page.evaluate("globalThis.isBeforeReload = true");
    await this.#choose("Developer: Reload Window");
    await this.page.waitForFunction(
      "!globalThis.isBeforeReload && document.querySelector('.monaco-workbench .part.statusbar')",
      undefined,
      { timeout: loadLimitMs },
    );
  }

  /** The document that an extension put into the only webview that is shown: it is in a frame in a frame. */
  get webview(): FrameLocator {
    return this.page.locator("iframe.webview.ready").contentFrame().locator("#active-frame").contentFrame();
  }

  async clearNotifications(): Promise<void> {
    await this.command("Notifications: Clear All Notifications");
    await gone(this.page.locator(".notifications-toasts .notification-toast"));
  }

  async clipboard(): Promise<string> {
    return this.page.evaluate("navigator.clipboard.readText()");
  }

  /** Into `out/screenshots/`; the name may have a folder in it. */
  async screenshot(name: string): Promise<string> {
    const path = join(out, "screenshots", `${name}.png`);
    await mkdir(join(path, ".."), { recursive: true });
    await this.page.screenshot({ path, timeout: stepLimitMs, animations: "disabled" });
    return path;
  }
}
