import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { openWindow } from "../../workbench/driver/window.ts";
import { gone, shown } from "../../workbench/driver/wait.ts";
import type { Workbench } from "../../workbench/driver/workbench.ts";
import { chromium } from "../parts/chromium.ts";
import { newest, vscode } from "../parts/vscode.ts";
import { root } from "../paths.ts";
import { packageExtension } from "../run/packaging.ts";
import { sandboxSettings } from "../run/sandboxLine.ts";
import { need, runTask } from "../run/task.ts";

await runTask(async () => {
  await need(chromium, vscode(newest));
  const vsix = await packageExtension((line) => console.log(line));
  await using sandbox = await startSandbox();
  const window = await openWindow({ version: newest, vsix, settings: sandboxSettings(sandbox), name: "screenshots" });
  try {
    await arrange(window.workbench, sandbox.tokens.member);
    const target = join(root, "media", "screenshot.png");
    await copyFile(await window.workbench.screenshot("screenshot"), target);
    console.log(`Written: ${target}`);
  } finally {
    await window.close();
  }
});

/** The users with their locks, beside a bucket whose key has just been rotated. */
async function arrange(workbench: Workbench, token: string): Promise<void> {
  await workbench.showContainer("RGW Keyring");
  await workbench.command("RGW: Sign In…");
  await workbench.pick(/^Sign In/, /API token/);
  await workbench.answer(/^Sign In/, token);
  await workbench.command("RGW: Select Project…");
  await workbench.pick("Select Project", "web-shop");
  const user = workbench.treeItem(/^web-assets,/);
  await workbench.inlineAction(user, /^Rotate Key/);
  await workbench.dialog("Rotate the key of web-assets?").getByRole("button", { name: "Rotate Key" }).click();
  await shown(workbench.toast(/rotated and verified/));
  await workbench.clearNotifications();
  await user.click();
  await workbench.webview.getByText("web-assets", { exact: true }).last().click();
  await shown(workbench.webview.getByText("index.html", { exact: true }));
  await gone(workbench.page.locator(".notifications-toasts .notification-toast"));
}
