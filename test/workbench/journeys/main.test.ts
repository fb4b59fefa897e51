import assert from "node:assert/strict";
import { test } from "node:test";
import { findLeaks } from "../../setup/run/secrets.ts";
import { gone, loadLimitMs, shown, until } from "../driver/wait.ts";
import { journey, pickProject, signIn, userNamed } from "./stage.ts";

/** What the extension is for, from the first start on; every step goes on where the one before has ended. */
journey("From signing in to browsing buckets", "main", (stage) => {
  const workbench = () => stage().workbench;
  const backups = () => workbench().treeItem(/^billing-backups,/);
  let newSecret: string;

  test("the view offers to sign in", async () => {
    await workbench().showContainer("RGW Keyring");
    await shown(workbench().sidebar.getByRole("button", { name: "Sign In" }), loadLimitMs);
    await stage().screenshot("01 signed out");
  });

  test("an API token signs in, typed into a masked input", async () => {
    await workbench().sidebar.getByRole("button", { name: "Sign In" }).click();
    await workbench().pick(/^Sign In/, /API token/);
    const input = await workbench().titled(/^Sign In/);
    await shown(workbench().quickInput.locator("input[type=password]"));
    await stage().screenshot("02 token");
    await input.fill(stage().sandbox.tokens.member);
    await input.press("Enter");
    await shown(workbench().toast(/^Signed in to/));
    await stage().screenshot("03 signed in");
  });

  test("of several projects one is picked", async () => {
    await pickProject(stage(), "web-shop");
    await shown(backups());
  });

  test("users have a lock or an open lock, and say so", async () => {
    for (const name of ["billing-backups", "ci-artifacts", "web-assets"]) {
      await shown(
        workbench()
          .treeItem(new RegExp(`^${name}, unlocked`))
          .locator(".codicon-unlock"),
      );
    }
    for (const name of ["invoice-archive", "terraform-state"]) {
      await shown(
        workbench()
          .treeItem(new RegExp(`^${name}, locked`))
          .locator(".codicon-lock"),
      );
    }
    await stage().screenshot("04 users");
  });

  test("a key is rotated and verified, after a warning", async () => {
    const { id, accessKeyId, secretKey } = userNamed(stage(), "billing-backups");
    await workbench().inlineAction(backups(), /^Rotate Key/);
    const dialog = workbench().dialog("Rotate the key of billing-backups?");
    await shown(dialog.filter({ hasText: /stops working at once/ }).filter({ hasText: accessKeyId }));
    await stage().screenshot("05 warning");
    await dialog.getByRole("button", { name: "Rotate Key" }).click();
    await shown(workbench().toast(/billing-backups is rotated and verified/));
    await stage().screenshot("06 rotated");
    ({ secretKey: newSecret } = stage().sandbox.user(id));
    assert.notEqual(newSecret, secretKey);
    assert.equal(stage().sandbox.user(id).accessKeyId, accessKeyId);
    await shown(workbench().treeItem(/^billing-backups, .*accepted by S3/));
  });

  test("the new secret key can be copied", async () => {
    await workbench()
      .toast(/rotated and verified/)
      .getByRole("button", { name: "Copy Secret Key" })
      .click();
    await until("the clipboard has the secret key", async () => (await workbench().clipboard()) === newSecret);
  });

  test("a locked user's key is not rotated, and it is said why", async () => {
    const { id, secretKey } = userNamed(stage(), "terraform-state");
    await workbench().clearNotifications();
    await workbench().inlineAction(workbench().treeItem(/^terraform-state, locked/), /^Rotate Key/);
    await shown(workbench().toast(/terraform-state cannot be rotated: the user is locked/));
    await stage().screenshot("07 locked");
    assert.equal(stage().sandbox.user(id).secretKey, secretKey);
  });

  test("a lock that comes while the question is open is obeyed", async () => {
    const { id } = userNamed(stage(), "billing-backups");
    await workbench().clearNotifications();
    await workbench().inlineAction(backups(), /^Rotate Key/);
    const dialog = workbench().dialog("Rotate the key of billing-backups?");
    await shown(dialog);
    await stage().sandbox.setLocked(id, true);
    await dialog.getByRole("button", { name: "Rotate Key" }).click();
    await shown(workbench().toast(/rotated: the user (is locked|was locked meanwhile)/));
    await shown(
      workbench()
        .treeItem(/^billing-backups, locked/)
        .locator(".codicon-lock"),
    );
    await stage().screenshot("08 locked meanwhile");
    assert.equal(stage().sandbox.user(id).secretKey, newSecret);
    await stage().sandbox.setLocked(id, false);
  });

  test("a click on a user shows the buckets", async () => {
    await workbench().clearNotifications();
    await backups().click();
    await shown(workbench().tab(/^billing-backups/));
    await shown(workbench().webview.getByText("billing-exports", { exact: true }), loadLimitMs);
    await stage().screenshot("09 buckets");
  });

  test("a bucket is browsed into its folders, down to the objects", async () => {
    await workbench().webview.getByText("billing-backups", { exact: true }).last().click();
    await workbench()
      .webview.getByText(/^postgres\/?$/)
      .first()
      .click();
    await shown(workbench().webview.getByText(/^\d{4}-\d\d-\d\d\/?$/));
    await stage().screenshot("10 folders");
    await workbench()
      .webview.getByText(/^\d{4}-\d\d-\d\d\/?$/)
      .first()
      .click();
    await shown(workbench().webview.getByText("billing.dump", { exact: true }));
    await stage().screenshot("11 objects");
  });

  test("the panel survives a reload of the window, in its place", async () => {
    await workbench().reload();
    await shown(workbench().webview.getByText("billing.dump", { exact: true }), loadLimitMs);
    await stage().screenshot("12 reloaded");
  });

  test("the secret key survives the reload, and S3 still accepts it", async () => {
    await workbench().showContainer("RGW Keyring");
    await shown(workbench().treeItem(/^billing-backups, .*accepted by S3/), loadLimitMs);
    await workbench().page.evaluate("navigator.clipboard.writeText('')");
    await workbench().contextMenu(backups(), "Copy Secret Key");
    await until("the clipboard has the secret key", async () => (await workbench().clipboard()) === newSecret);
  });

  test("no file of VS Code has the secret key or the token in plain", async () => {
    const secrets = [newSecret, stage().sandbox.tokens.member];
    assert.deepEqual(await findLeaks(stage().window.profile.dir, secrets), []);
  });

  test("signing out leaves the list, and keeps the secret keys", async () => {
    await workbench().command("RGW: Sign Out");
    await gone(backups());
    await shown(workbench().sidebar.getByRole("button", { name: "Sign In" }));
    await signIn(stage());
    await shown(workbench().treeItem(/^billing-backups, .*accepted by S3/));
    await stage().screenshot("13 signed in again");
  });
});
