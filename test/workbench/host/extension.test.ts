import assert from "node:assert/strict";
import * as vscode from "vscode";
import { sandbox } from "./sandbox.ts";

const id = "rgw-keyring.rgw-keyring";

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

function extension(): vscode.Extension<unknown> {
  return vscode.extensions.getExtension(id) ?? assert.fail(`${id} is not installed`);
}

/** Waits for something that VS Code does on its own. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > end) assert.fail(`not within 15 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function tabs(): readonly vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs);
}

suite("RGW Keyring in the extension host", () => {
  test("is not active before anybody asks for it", () => {
    assert.equal(extension().isActive, false);
  });

  test("is activated by its view", async () => {
    await vscode.commands.executeCommand("workbench.view.extension.rgw");
    await until("the extension is active", () => extension().isActive);
  });

  test("has registered every command that its manifest contributes", async () => {
    const manifest = extension().packageJSON as Manifest;
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = manifest.contributes.commands.filter(({ command }) => !registered.has(command));
    assert.deepEqual(missing, []);
  });

  test("takes its addresses from the user's settings and from no workspace", async () => {
    const settings = vscode.workspace.getConfiguration("rgw");
    assert.equal(settings.get("apiUrl"), sandbox().platformUrl);
    assert.equal(settings.get("s3Endpoint"), sandbox().s3Endpoint);
    await assert.rejects(
      async () => settings.update("apiUrl", "https://elsewhere.example", vscode.ConfigurationTarget.Workspace),
      "an application setting cannot be written into a workspace",
    );
  });

  test("opens its settings", async () => {
    await vscode.commands.executeCommand("rgw.openSettings");
    await until("the settings are open", () => tabs().some(({ label }) => label === "Settings"));
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  test("needs little of VS Code's time to start", async () => {
    await vscode.commands.executeCommand("perfview.show");
    const row = async () => {
      const text = vscode.window.activeTextEditor?.document.getText() ?? "";
      return text.split("\n").find((line) => line.includes(id));
    };
    await until("Startup Performance lists the extension", async () => (await row()) !== undefined);
    // | extension | eager | load code | call activate | finish activate | …
    const cells = ((await row()) ?? "").split("|").map((cell) => cell.trim());
    const [load, call] = cells.slice(3, 5).map(Number);
    assert.ok(Number.isFinite(load) && Number.isFinite(call), `columns as expected: ${cells.join(" | ")}`);
    assert.ok((load ?? 0) + (call ?? 0) < 500, `loading and activating took ${load} + ${call} ms`);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });
});
