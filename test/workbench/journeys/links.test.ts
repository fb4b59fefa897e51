import assert from "node:assert/strict";
import { test } from "node:test";
import { findLeaks } from "../../setup/run/secrets.ts";
import { gone, shown, until } from "../driver/wait.ts";
import { journey, pickProject, signIn, userNamed } from "./stage.ts";

/** Nothing here may print a link: it is a secret. */
journey("Download links, and what a rotation does to them", "links", (stage) => {
  const workbench = () => stage().workbench;
  const object = (name: string) => workbench().webview.getByRole("row", { name: `object ${name}` });
  const rotate = async () => workbench().inlineAction(workbench().treeItem(/^web-assets,/), /^Rotate Key/);
  const question = () => workbench().dialog("Rotate the key of web-assets?");
  let link: string;

  async function status(): Promise<number> {
    assert.ok(URL.canParse(link), "the clipboard has a link");
    assert.equal(new URL(link).origin, stage().sandbox.s3Endpoint);
    return (await fetch(link)).status;
  }

  test("a bucket is opened with the stored secret key", async () => {
    await workbench().showContainer("RGW Keyring");
    await signIn(stage());
    await pickProject(stage(), "web-shop");
    await workbench()
      .treeItem(/^web-assets,/)
      .click();
    await workbench()
      .webview.getByRole("button", { name: /Enter Secret Key/ })
      .click();
    await workbench().answer(/^Enter Secret Key/, userNamed(stage(), "web-assets").secretKey);
    await workbench().webview.getByText("web-assets", { exact: true }).last().click();
    await shown(object("index.html"));
    await workbench().clearNotifications();
  });

  test("the context menu of an object copies a link that works, and says until when", async () => {
    const entries = await workbench().openContextMenu(object("index.html"));
    assert.deepEqual(await entries.allInnerTexts(), ["Copy Download Link…"]);
    await entries.hover();
    await stage().screenshot("1 menu");
    await entries.press("Enter");
    await workbench().titled("Copy Download Link to web-assets/index.html");
    await stage().screenshot("2 how long");
    await workbench().pick(/^Copy Download Link/, /^1 day/);
    await shown(workbench().toast(/The download link to web-assets\/index\.html is in the clipboard/));
    await stage().screenshot("3 copied");
    link = await workbench().clipboard();
    assert.equal(await status(), 200);
  });

  test("the keyboard opens the same menu, on the row that it is at", async () => {
    await workbench().clearNotifications();
    await object("index.html").click();
    await workbench().page.keyboard.press("ArrowUp");
    await workbench().page.keyboard.press("Shift+F10");
    const entry = workbench().page.locator(".context-view").getByRole("menuitem", { name: "Copy Download Link…" });
    await shown(entry);
    await stage().screenshot("4 menu by keyboard");
    await workbench().page.keyboard.press("ArrowDown");
    await workbench().page.keyboard.press("Enter");
    await workbench().titled("Copy Download Link to web-assets/favicon.ico");
    await workbench().page.keyboard.press("Escape");
  });

  test("a rotation tells of the link before it kills it", async () => {
    await rotate();
    const asked = question()
      .filter({ hasText: /download link to web-assets\/index\.html, valid until/ })
      .filter({ hasText: /the open panel “web-assets — web-assets”/ });
    await shown(asked);
    await stage().screenshot("5 question");
    assert.equal((await question().innerText()).includes("favicon.ico"), false);
    assert.equal(await status(), 200);
    await question().getByRole("button", { name: "Rotate Key" }).click();
    await shown(workbench().toast(/web-assets is rotated and verified/));
    assert.equal(await status(), 403);
  });

  test("a link that is dead is not told of again", async () => {
    await workbench().clearNotifications();
    await rotate();
    await shown(question());
    assert.equal((await question().innerText()).includes("download link"), false);
    await workbench().page.keyboard.press("Escape");
    await gone(question());
  });

  test("Clear Clipboard takes the link out of it", async () => {
    await workbench().contextMenu(object("favicon.ico"), "Copy Download Link…");
    await workbench().pick(/^Copy Download Link/, /^1 hour/);
    const toast = workbench().toast(/The download link to web-assets\/favicon\.ico/);
    await shown(toast);
    assert.notEqual((await workbench().clipboard()).length, 0);
    await toast.getByRole("button", { name: "Clear Clipboard" }).click();
    await until("the clipboard is empty", async () => (await workbench().clipboard()) === "");
  });

  test("no file of VS Code has a link in it", async () => {
    const signature = new URL(link).searchParams.get("X-Amz-Signature") ?? "";
    assert.equal(signature.length, 64);
    assert.deepEqual(await findLeaks(stage().window.profile.dir, [signature]), []);
  });
});
