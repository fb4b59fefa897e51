import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../driver/wait.ts";
import { journey, pickProject, signIn, userNamed } from "./stage.ts";

journey("When something is not as it should be", "trouble", (stage) => {
  const workbench = () => stage().workbench;

  test("a token that the platform does not know is refused, and not kept", async () => {
    await workbench().showContainer("RGW Keyring");
    await signIn(stage(), `${stage().sandbox.tokens.member.slice(0, -4)}abcd`);
    await shown(workbench().toast(/does not accept this sign-in/));
    await stage().screenshot("1 token refused");
    await shown(workbench().sidebar.getByRole("button", { name: "Sign In" }));
    await workbench().clearNotifications();
  });

  test("the buckets of a user without a stored key offer a way out", async () => {
    await signIn(stage());
    await pickProject(stage(), "web-shop");
    await workbench().clearNotifications();
    await workbench()
      .treeItem(/^web-assets,/)
      .click();
    await shown(workbench().webview.getByText(/No secret key is stored/));
    await shown(workbench().webview.getByRole("button", { name: /Rotate Key/ }));
    await stage().screenshot("2 no key");
  });

  test("a wrong secret key is not stored, a right one is and opens the buckets", async () => {
    const { secretKey } = userNamed(stage(), "web-assets");
    await workbench()
      .webview.getByRole("button", { name: /Enter Secret Key/ })
      .click();
    await workbench().answer(/^Enter Secret Key/, `${secretKey.slice(0, -4)}abcd`);
    const refused = workbench().toast(/does not accept this secret key/);
    await shown(refused);
    await stage().screenshot("3 wrong key");
    await refused.getByRole("button", { name: "Enter Again" }).click();
    await workbench().answer(/^Enter Secret Key/, secretKey);
    await shown(await workbench().notification(/web-assets is stored: S3 accepts it/));
    await shown(workbench().webview.getByText("web-assets", { exact: true }).last());
    await shown(workbench().treeItem(/^web-assets, .*accepted by S3/));
    await stage().screenshot("4 right key");
  });

  test("a key that was rotated elsewhere is shown as rejected", async () => {
    const { id } = userNamed(stage(), "web-assets");
    await workbench().clearNotifications();
    const { platformUrl, tokens } = stage().sandbox;
    const headers = { authorization: `Bearer ${tokens.admin}` };
    const answer = await fetch(`${platformUrl}/rgw/users/${id}/renew_key`, { method: "POST", headers });
    assert.equal(answer.status, 200);
    await workbench().contextMenu(workbench().treeItem(/^web-assets,/), "Verify Stored Key");
    await shown(workbench().toast(/was rotated somewhere else/));
    await shown(workbench().treeItem(/^web-assets, .*rejected by S3/));
    await stage().screenshot("5 rejected");
  });
});
