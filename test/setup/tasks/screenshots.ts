import { join } from "node:path";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { openWindow } from "../../workbench/driver/window.ts";
import { pickProject, signIn, type Stage } from "../../workbench/journeys/stage.ts";
import { chromium } from "../parts/chromium.ts";
import { newest, vscode } from "../parts/vscode.ts";
import { root } from "../paths.ts";
import { packageExtension } from "../run/packaging.ts";
import { sandboxSettings } from "../run/sandboxLine.ts";

// The README's picture, of the real thing: the users with their locks, and the buckets of one of them.
for (const part of [chromium, vscode(newest)]) {
  const readiness = await part.prepare();
  if (!readiness.ready) throw new Error(`${part.name} is missing. ${readiness.why}`);
}
const vsix = await packageExtension(() => {});
await using sandbox = await startSandbox();
const window = await openWindow({ version: newest, vsix, settings: sandboxSettings(sandbox), name: "screenshots" });
try {
  const { workbench } = window;
  const { page } = workbench;
  const stage = { sandbox, workbench, window } as Stage;
  await workbench.showContainer("RGW Keyring");
  await signIn(stage);
  await pickProject(stage, "web-shop");
  await workbench.treeItem(/^billing-backups/).waitFor();
  await rotate("loki-chunks");
  await rotate("web-assets");
  await workbench.treeItem(/^web-assets/).click();
  const panel = page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  await panel.getByText("web-assets", { exact: true }).last().click();
  await panel.getByText("index.html").waitFor();
  await workbench.command("Notifications: Clear All Notifications");
  await page.mouse.move(700, 600);
  await page.setViewportSize({ width: 1280, height: 620 });
  await panel.getByText("index.html").waitFor();
  await page.screenshot({ path: join(root, "media", "screenshot.png") });
  console.log("Written: media/screenshot.png. Look at it.");

  async function rotate(name: string): Promise<void> {
    const item = workbench.treeItem(new RegExp(`^${name}`));
    await workbench.inlineAction(item, "Rotate Key");
    await page.locator(".monaco-dialog-box").getByRole("button", { name: "Rotate Key" }).click();
    await workbench.toast(`${name} is rotated and verified`).waitFor();
  }
} finally {
  await window.close();
}
