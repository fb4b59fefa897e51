import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gone, loadLimitMs, shown, until } from "../driver/wait.ts";
import type { Workbench } from "../driver/workbench.ts";
import { enterKey, gate, journey, pickProject, signIn, userNamed } from "./stage.ts";

const renewal = { method: "POST", path: "/rgw/users/*/renew_key" } as const;

// A way to make a real SecretStorage refuse: in a browser a window does not see what another one has stored since it was
// loaded, and does not write over it. So another window stores something between a rotation's request and its answer.
journey("A new secret key that SecretStorage does not take", "rescue", (stage) => {
  const first = () => stage().workbench;
  let second: Workbench;
  /** Where the person has saved a secret key. */
  let path: string;

  test("a dialog shows it, and comes back whenever it is closed", async () => {
    await first().showContainer("RGW Keyring");
    await signIn(stage());
    await pickProject(stage(), "web-shop");
    await shown(row(first(), "billing-backups"));
    await enterKey(stage(), "billing-backups");
    await rotateDuring(first(), "billing-backups", async () => {
      second = await stage().window.openSecond("elsewhere");
      await second.showContainer("RGW Keyring");
      await second.sidebar.getByRole("button", { name: "Select Project" }).click();
      await second.pick("Select Project", "web-shop");
      await enterKey({ ...stage(), workbench: second }, "web-assets");
    });
    const dialog = await showsKey(first(), "billing-backups");
    await stage().screenshot("1 not stored");
    for (const close of [
      () => first().page.keyboard.press("Escape"),
      () => dialog.getByRole("button", { name: "Cancel" }).click(),
    ]) {
      const closed = await dialog.elementHandle();
      await close();
      await closed?.waitForElementState("hidden");
      await showsKey(first(), "billing-backups");
    }
  });

  test("storing it once more fails, and the dialog says why", async () => {
    const dialog = rescue(first(), "billing-backups");
    await dialog.getByRole("button", { name: "Try to Store Again" }).click();
    await shown(dialog.filter({ hasText: /does not see what another window has stored meanwhile/ }));
    await showsKey(first(), "billing-backups");
    await stage().screenshot("2 still not stored");
  });

  test("calling off the choice of a file brings the dialog back", async () => {
    await rescue(first(), "billing-backups").getByRole("button", { name: "Save to File" }).click();
    await first().titled("Save Secret Key");
    await gone(rescue(first(), "billing-backups"));
    await stage().screenshot("3 where to save");
    await first().page.keyboard.press("Escape");
    await showsKey(first(), "billing-backups");
  });

  test("it is saved to a file that nobody else can read", async () => {
    const { accessKeyId, secretKey } = userNamed(stage(), "billing-backups");
    // In the home directory of VS Code, as proposed.
    path = join(stage().window.profile.dir, "home", "billing-backups.ini");
    await rescue(first(), "billing-backups").getByRole("button", { name: "Save to File" }).click();
    const input = await first().titled("Save Secret Key");
    await until("the file is proposed", async () => (await input.inputValue()) === path);
    await first().quickInput.getByRole("button", { name: "OK" }).click();
    await shown(first().toast(/The secret key of billing-backups is in .*billing-backups\.ini/));
    await gone(rescue(first(), "billing-backups"));
    await shown(marked(first(), "billing-backups"));
    await stage().screenshot("4 saved");
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const saved = await readSaved();
    assert.equal(saved.accessKeyId, accessKeyId);
    assert.ok(saved.secretKey === secretKey, "the file has the live secret key");
  });

  test("after a reload it is entered from the file, and the mark is gone", async () => {
    // The other window is the one that has seen everything: it begins a rotation that this one is going to disturb.
    await rotateDuring(second, "ci-artifacts", async () => {
      await first().reload();
      await shown(marked(first(), "billing-backups"), loadLimitMs);
      await stage().screenshot("5 marked after a reload");
      await first().contextMenu(row(first(), "billing-backups"), /^Enter Secret Key/);
      await first().answer(/^Enter Secret Key/, (await readSaved()).secretKey);
      await shown(first().treeItem(/^billing-backups, .*accepted by S3/));
      await gone(marked(first(), "billing-backups"));
      await shown(first().treeItem(/^web-assets, .*accepted by S3/));
      await stage().screenshot("6 entered");
    });
    await showsKey(second, "ci-artifacts");
    await stage().screenshot("7 not stored in the other window", second);
  });

  test("another one is copied, and entered where SecretStorage takes it", async () => {
    const { secretKey } = userNamed(stage(), "ci-artifacts");
    await second.page.evaluate("navigator.clipboard.writeText('')");
    await rescue(second, "ci-artifacts").getByRole("button", { name: "Copy Secret Key" }).click();
    await until("the clipboard has a secret key", async () => (await second.clipboard()) !== "");
    assert.ok((await second.clipboard()) === secretKey, "the live secret key is copied");
    await gone(rescue(second, "ci-artifacts"));
    for (const one of [first(), second]) await shown(marked(one, "ci-artifacts"));
    await stage().screenshot("8 copied", second);
    await first().contextMenu(row(first(), "ci-artifacts"), /^Enter Secret Key/);
    await first().answer(/^Enter Secret Key/, await second.clipboard());
    await shown(first().treeItem(/^ci-artifacts, .*accepted by S3/));
    for (const one of [first(), second]) await gone(marked(one, "ci-artifacts"));
    await stage().screenshot("9 entered, too");
  });

  /** Does something between a rotation's request and its answer. */
  async function rotateDuring(workbench: Workbench, name: string, work: () => Promise<void>): Promise<void> {
    const held = gate(stage().sandbox.faults.platform, renewal);
    await workbench.inlineAction(row(workbench, name), /^Rotate Key/);
    const question = workbench.dialog(`Rotate the key of ${name}?`);
    await question.getByRole("button", { name: /^Rotate/ }).click();
    await until("the request is under way", () => held.arrived() > 0);
    await work();
    held.open();
  }

  async function showsKey(workbench: Workbench, name: string) {
    const dialog = rescue(workbench, name);
    await shown(dialog);
    const text = await dialog.innerText();
    const { accessKeyId, secretKey } = userNamed(stage(), name);
    assert.ok(text.includes(accessKeyId), "the dialog shows the access key ID");
    assert.ok(text.includes(secretKey), "the dialog shows the secret key");
    return dialog;
  }

  /** As aws-cli reads it. */
  async function readSaved() {
    const text = await readFile(path, "utf8");
    const [, accessKeyId, secretKey] =
      /^\[billing-backups\]\naws_access_key_id = (.+)\naws_secret_access_key = (.+)\n$/.exec(text) ?? [];
    assert.ok(accessKeyId !== undefined && secretKey !== undefined, "the file has a profile with both");
    return { accessKeyId, secretKey };
  }
});

function row(workbench: Workbench, name: string) {
  return workbench.treeItem(new RegExp(`^${name},`));
}

function marked(workbench: Workbench, name: string) {
  return workbench.treeItem(new RegExp(`^${name}, .*rotation of the key was interrupted`));
}

function rescue(workbench: Workbench, name: string) {
  return workbench.dialog(`The key of ${name} is rotated, but the new secret key could not be stored.`);
}
