import assert from "node:assert/strict";
import { test } from "node:test";
import { gone, loadLimitMs, shown, until } from "../driver/wait.ts";
import type { Workbench } from "../driver/workbench.ts";
import { enterKey, gate, type Gate, journey, pickProject, signIn, userNamed, type Stage } from "./stage.ts";

const renewal = { method: "POST", path: "/rgw/users/*/renew_key" } as const;
const interrupted = /rotation of the key was interrupted/;

journey("Rotations that are refused, called off, or whose answer gets lost", "rotation", (stage) => {
  const workbench = () => stage().workbench;
  const faults = () => stage().sandbox.faults;

  test("the receipt of a rotation says who, what and when, and has no secret", async () => {
    await begin(stage());
    const { id, accessKeyId, secretKey } = userNamed(stage(), "billing-backups");
    await rotate(workbench(), "billing-backups");
    const toast = workbench().toast(/billing-backups is rotated and verified/);
    await shown(toast);
    await stage().screenshot("01 rotated");
    await toast.getByRole("button", { name: "Show Receipt" }).click();
    const receipt = workbench().dialog("Rotation of billing-backups");
    await shown(receipt);
    await stage().screenshot("02 receipt");
    await receipt.getByRole("button", { name: "Copy Receipt" }).click();
    await until("the receipt is copied", async () => (await workbench().clipboard()).startsWith("# Rotation of"));
    const text = await workbench().clipboard();
    for (const part of [id, accessKeyId, "Result: rotated", "New secret key: fingerprint ", "accepted by S3 after "]) {
      assert.ok(text.includes(part), `the receipt has: ${part}`);
    }
    const isSilent = ![secretKey, userNamed(stage(), "billing-backups").secretKey].some((it) => text.includes(it));
    assert.ok(isSilent, "the receipt has no secret key");
  });

  test("a locked user's rotation is refused before the call", async () => {
    stage().sandbox.requests.clear();
    await workbench().clearNotifications();
    await workbench().inlineAction(workbench().treeItem(/^terraform-state, locked/), /^Rotate Key/);
    await shown(workbench().toast(/terraform-state cannot be rotated: the user is locked/));
    await stage().screenshot("03 locked");
    assert.equal(renewals(stage()), 0);
  });

  test("a lock that comes between the question and the call is told, and the stored secret key is the live one", async () => {
    const before = userNamed(stage(), "billing-backups");
    const run = () => stage().sandbox.setLocked(before.id, true);
    const fault = faults().platform.add({ ...renewal, kind: "before", run });
    await workbench().clearNotifications();
    await rotate(workbench(), "billing-backups");
    await shown(workbench().toast(/billing-backups was not rotated: the user was locked meanwhile/));
    await shown(workbench().treeItem(/^billing-backups, locked/));
    await stage().screenshot("04 locked meanwhile");
    fault.remove();
    await stage().sandbox.setLocked(before.id, false);
    assert.ok(userNamed(stage(), "billing-backups").secretKey === before.secretKey, "the secret key stays");
    assert.ok((await storedSecret(workbench(), "billing-backups")) === before.secretKey, "it is stored");
    await gone(workbench().treeItem(interrupted));
  });

  test("an answer that is lost before the platform acts: nothing was rotated, and nothing is marked", async () => {
    const { secretKey } = userNamed(stage(), "billing-backups");
    const fault = faults().platform.add({ ...renewal, kind: "cut", when: "before" });
    await workbench().clearNotifications();
    await rotate(workbench(), "billing-backups");
    await shown(workbench().toast(/S3 still accepts the stored secret key, so nothing was rotated/));
    await stage().screenshot("05 lost before acting");
    fault.remove();
    await shown(workbench().treeItem(/^billing-backups, .*accepted by S3/));
    assert.ok(userNamed(stage(), "billing-backups").secretKey === secretKey, "the secret key stays");
  });

  test("an answer that is lost after the platform acted: the key is told to be lost, and marked", async () => {
    const { secretKey } = userNamed(stage(), "billing-backups");
    const fault = faults().platform.add({ ...renewal, kind: "cut", when: "after" });
    await workbench().clearNotifications();
    await rotate(workbench(), "billing-backups");
    await shown(workbench().toast(/S3 rejects the stored secret key.*lost.*Rotate the key once more/));
    fault.remove();
    assert.ok(userNamed(stage(), "billing-backups").secretKey !== secretKey, "the platform has rotated");
    await shown(marked("billing-backups"));
    await stage().screenshot("06 lost after acting");
  });

  test("the mark is in the row, its tooltip and its menu", async () => {
    await shown(marked("billing-backups").filter({ hasText: "new key lost: rotate again" }));
    const hover = await workbench().tooltip(marked("billing-backups"));
    await shown(hover.filter({ hasText: interrupted }).filter({ hasText: /new secret key is lost/ }));
    await stage().screenshot("07 tooltip");
    const menu = await workbench().openContextMenu(marked("billing-backups"));
    await shown(menu.filter({ hasText: "Resolve Interrupted Rotation" }));
    await shown(menu.filter({ hasText: "Dismiss Interrupted Rotation" }));
    await stage().screenshot("08 menu");
    await workbench().page.keyboard.press("Escape");
  });

  test("the offered rotation gives a working key, and the mark is gone", async () => {
    const notification = await workbench().notification(/Rotate the key once more/);
    await notification.getByRole("button", { name: "Rotate Key" }).click();
    await shown(workbench().dialog("Rotate the key of billing-backups?"));
    await stage().screenshot("09 question after a loss");
    await confirm(workbench(), "billing-backups");
    await shown(workbench().toast(/billing-backups is rotated and verified/));
    await shown(workbench().treeItem(/^billing-backups, .*accepted by S3/));
    await gone(workbench().treeItem(interrupted));
    const { secretKey } = userNamed(stage(), "billing-backups");
    assert.ok((await storedSecret(workbench(), "billing-backups")) === secretKey, "the live secret key is stored");
  });

  test("a lost answer without a stored secret key cannot be judged: it is told, marked, and may be dismissed", async () => {
    const fault = faults().platform.add({ ...renewal, kind: "cut", when: "after" });
    await workbench().clearNotifications();
    await workbench().inlineAction(row(workbench(), "ci-artifacts"), /^Rotate Key/);
    await shown(workbench().dialog("nobody could tell whether the key was rotated"));
    await stage().screenshot("10 question without a key");
    await confirm(workbench(), "ci-artifacts");
    await shown(workbench().toast(/cannot be told whether the key was rotated/));
    await shown(marked("ci-artifacts"));
    await stage().screenshot("11 unprovable");
    await workbench().contextMenu(marked("ci-artifacts"), /^Dismiss Interrupted Rotation/);
    const dialog = workbench().dialog("Dismiss the interrupted rotation of ci-artifacts?");
    await shown(dialog);
    await stage().screenshot("12 dismiss");
    await dialog.getByRole("button", { name: "Dismiss" }).click();
    await gone(marked("ci-artifacts"));
    fault.remove();
  });

  test("a further rotation takes the mark away, too", async () => {
    const fault = faults().platform.add({ ...renewal, kind: "cut", when: "after" });
    await workbench().clearNotifications();
    await rotate(workbench(), "ci-artifacts");
    const toast = workbench().toast(/cannot be told whether the key was rotated/);
    await shown(toast);
    await shown(marked("ci-artifacts"));
    fault.remove();
    await toast.getByRole("button", { name: "Rotate Key" }).click();
    await confirm(workbench(), "ci-artifacts");
    await shown(workbench().toast(/ci-artifacts is rotated and verified/));
    await shown(workbench().treeItem(/^ci-artifacts, .*accepted by S3/));
    await gone(marked("ci-artifacts"));
  });

  test("a rotation that is cancelled before its question, or before its request, leaves everything as it was", async () => {
    const { id, secretKey } = userNamed(stage(), "ci-artifacts");
    stage().sandbox.requests.clear();
    for (const [skip, title] of [
      [0, /Checking what rotating the key of ci-artifacts needs/],
      [1, /Preparing to rotate the key of ci-artifacts/],
    ] as const) {
      await workbench().clearNotifications();
      const held = gate(faults().platform, { method: "GET", path: `/rgw/users/${id}`, skip });
      await workbench().inlineAction(row(workbench(), "ci-artifacts"), /^Rotate Key/);
      if (skip > 0) await confirm(workbench(), "ci-artifacts");
      const progress = workbench().toast(title);
      await shown(progress);
      await stage().screenshot(`13 cancel ${skip}`);
      await progress.getByRole("button", { name: "Cancel" }).click();
      await gone(progress);
      held.open();
      faults().platform.clear();
    }
    assert.equal(renewals(stage()), 0);
    await shown(workbench().treeItem(/^ci-artifacts, .*accepted by S3/));
    assert.equal(await workbench().toast("ci-artifacts").count(), 0);
    assert.ok(userNamed(stage(), "ci-artifacts").secretKey === secretKey, "the secret key stays");
  });

  test("once the request is sent it is said that it cannot be taken back", async () => {
    const held = gate(faults().platform, renewal);
    await rotate(workbench(), "ci-artifacts");
    const progress = workbench().toast(/Cannot be taken back any more: rotating the key of ci-artifacts/);
    await shown(progress);
    await shown(workbench().treeItem(/^ci-artifacts, .*is being rotated/));
    await stage().screenshot("14 sent");
    assert.equal(await progress.getByRole("button", { name: "Cancel" }).count(), 0);
    held.open();
    await shown(workbench().toast(/ci-artifacts is rotated and verified/));
    await gone(progress);
  });

  function marked(name: string) {
    return workbench().treeItem(new RegExp(`^${name}, .*${interrupted.source}`));
  }
});

journey("Rotations whose window comes to an end", "rotation-crash", (stage) => {
  const workbench = () => stage().workbench;
  const faults = () => stage().sandbox.faults;

  test("a crash before the answer came: the new secret key is told to be lost", async () => {
    await begin(stage());
    await enterKey(stage(), "billing-backups");
    await enterKey(stage(), "ci-artifacts");
    const { secretKey } = userNamed(stage(), "billing-backups");
    const fault = faults().platform.add({ ...renewal, kind: "slow-body", bytes: 1, everyMs: 500 });
    await workbench().clearNotifications();
    await rotate(workbench(), "billing-backups");
    await until("the platform has acted", () => userNamed(stage(), "billing-backups").secretKey !== secretKey);
    await shown(workbench().toast(/waiting for the outcome/));
    await crash(stage());
    fault.remove();
    await shown(workbench().toast(/billing-backups was interrupted.*new secret key is lost/), loadLimitMs);
    await shown(workbench().treeItem(/^billing-backups, .*was interrupted/));
    await stage().screenshot("1 lost by a crash");
  });

  test("one more rotation gives a working key", async () => {
    const notification = await workbench().notification(/new secret key is lost/);
    await notification.getByRole("button", { name: "Rotate Key" }).click();
    await confirm(workbench(), "billing-backups");
    await shown(workbench().toast(/billing-backups is rotated and verified/));
    await shown(workbench().treeItem(/^billing-backups, .*accepted by S3/));
  });

  test("a crash after the new secret key was stored, before S3 proved it: the next start finishes the rotation", async () => {
    const { secretKey } = userNamed(stage(), "ci-artifacts");
    await workbench().clearNotifications();
    const proof = gateAfterRenewal(stage());
    await rotate(workbench(), "ci-artifacts");
    await until("S3 is asked about the new secret key", () => proof.arrived() > 0);
    await crash(stage());
    faults().s3.clear();
    await shown(
      workbench().toast(
        /ci-artifacts is finished: the key was rotated, the new secret key is stored, and S3 accepts it/,
      ),
      loadLimitMs,
    );
    await shown(workbench().treeItem(/^ci-artifacts, .*accepted by S3/));
    await stage().screenshot("2 finished after a crash");
    const live = userNamed(stage(), "ci-artifacts").secretKey;
    assert.ok(live !== secretKey, "the platform has rotated");
    assert.ok((await storedSecret(workbench(), "ci-artifacts")) === live, "the live secret key is stored");
  });

  test("its receipt can be shown", async () => {
    await workbench().contextMenu(row(workbench(), "ci-artifacts"), "Show Rotation Receipt");
    const receipt = workbench().dialog("Rotation of ci-artifacts");
    await shown(receipt.filter({ hasText: /Result: rotated/ }));
    await stage().screenshot("3 receipt after a crash");
    await receipt.getByRole("button", { name: "Cancel" }).click();
  });

  test("a reload of the window before the answer came: the new secret key is told to be lost", async () => {
    const { secretKey } = userNamed(stage(), "billing-backups");
    const fault = faults().platform.add({ ...renewal, kind: "slow-body", bytes: 1, everyMs: 500 });
    await workbench().clearNotifications();
    await rotate(workbench(), "billing-backups");
    await until("the platform has acted", () => userNamed(stage(), "billing-backups").secretKey !== secretKey);
    await workbench().reload();
    fault.remove();
    await shown(workbench().toast(/billing-backups was interrupted.*new secret key is lost/), loadLimitMs);
    await shown(workbench().treeItem(/^billing-backups, .*was interrupted/));
    await stage().screenshot("4 lost by a reload");
  });
});

journey("Rotations of several users", "rotation-several", (stage) => {
  const workbench = () => stage().workbench;
  const faults = () => stage().sandbox.faults;
  const names = ["billing-backups", "ci-artifacts", "web-assets"] as const;

  test("one question is asked about all, and names those who are left out", async () => {
    await begin(stage());
    await rotateSeveral(workbench(), ["billing-backups", "ci-artifacts", "terraform-state"]);
    const dialog = workbench().dialog("Rotate the keys of these users, one after the other?");
    await shown(dialog.filter({ hasText: /billing-backups.*ci-artifacts.*Left out:.*terraform-state.*locked/s }));
    await stage().screenshot("1 question");
  });

  test("their keys are rotated one after the other, and a report has a line for each", async () => {
    const second = gate(faults().platform, { ...renewal, skip: 1 });
    await workbench()
      .dialog(/one after the other/)
      .getByRole("button", { name: /^Rotate/ })
      .click();
    await shown(workbench().toast(/Rotating keys.*2 of 3: ci-artifacts/));
    await stage().screenshot("2 progress");
    second.open();
    const summary = workbench().toast(/2 of 3 keys are rotated and verified.*Not rotated: 1/);
    await shown(summary);
    await stage().screenshot("3 summary");
    await summary.getByRole("button", { name: "Show Report" }).click();
    await shown(workbench().tab(/Rotation of 3 keys/));
    await stage().screenshot("4 report");
    const text = await workbench().documentText();
    for (const line of [
      /^- ✓ \*\*billing-backups\*\*: .*rotated and verified/m,
      /^- ✓ \*\*ci-artifacts\*\*: .*rotated and verified/m,
      /^- ✗ \*\*terraform-state\*\*: .*locked/m,
    ]) {
      assert.match(text, line);
    }
    await workbench().closeEditor();
    for (const name of ["billing-backups", "ci-artifacts"]) {
      await shown(workbench().treeItem(new RegExp(`^${name}, .*accepted by S3`)));
    }
    faults().platform.clear();
  });

  test("a stop lets the one under way come to its end, and the others are not tried", async () => {
    stage().sandbox.requests.clear();
    await workbench().clearNotifications();
    const first = gate(faults().platform, renewal);
    await rotateSeveral(workbench(), names);
    await workbench()
      .dialog(/one after the other/)
      .getByRole("button", { name: /^Rotate/ })
      .click();
    await until("the first request is under way", () => first.arrived() > 0);
    const progress = workbench().toast(/Rotating keys/);
    await progress.getByRole("button", { name: "Cancel" }).click();
    await shown(workbench().toast(/Stopping: the one that is under way is finished first/));
    await stage().screenshot("5 stopping");
    first.open();
    const summary = workbench().toast(/1 of 3 keys are rotated and verified.*Not tried: 2/);
    await shown(summary);
    await stage().screenshot("6 stopped");
    await summary.getByRole("button", { name: "Show Report" }).click();
    await shown(workbench().tab(/Rotation of 3 keys/));
    const text = await workbench().documentText();
    assert.match(text, /^- – \*\*ci-artifacts\*\*: not tried$/m);
    assert.match(text, /^- – \*\*web-assets\*\*: not tried$/m);
    assert.equal(renewals(stage()), 1);
    await workbench().closeEditor();
    faults().platform.clear();
  });

  test("after a crash in the middle the rest is offered, and done", async () => {
    stage().sandbox.requests.clear();
    await workbench().clearNotifications();
    const proof = gateAfterRenewal(stage(), 1);
    await rotateSeveral(workbench(), names);
    await workbench()
      .dialog(/one after the other/)
      .getByRole("button", { name: /^Rotate/ })
      .click();
    await until("S3 is asked about the second new secret key", () => proof.arrived() > 0);
    await crash(stage());
    faults().s3.clear();
    const offer = workbench().toast(/Rotating the keys of 3 users was interrupted after 1/);
    await shown(offer, loadLimitMs);
    await shown(workbench().toast(/ci-artifacts is finished/), loadLimitMs);
    await stage().screenshot("7 offer after a crash");
    await offer.getByRole("button", { name: "Continue" }).click();
    for (const name of names) await shown(workbench().treeItem(new RegExp(`^${name}, .*accepted by S3`)));
    // Behind the bell: VS Code shows no toast of what comes within a second of several others.
    await shown(await workbench().notification(/3 of 3 keys are rotated and verified/));
    await stage().screenshot("8 all done");
    assert.equal(renewals(stage()), 3);
  });
});

journey("A rotation seen from an open panel, and from another window", "rotation-windows", (stage) => {
  const workbench = () => stage().workbench;
  let second: Workbench;

  test("an open panel is named in the question, and goes on with the new secret key by itself", async () => {
    await begin(stage());
    await enterKey(stage(), "billing-backups");
    await row(workbench(), "billing-backups").click();
    await shown(bucket(workbench(), "billing-exports"), loadLimitMs);
    await workbench().inlineAction(row(workbench(), "billing-backups"), /^Rotate Key/);
    await shown(workbench().dialog(/In use from here:.*the open panel “billing-backups”/s));
    await stage().screenshot("1 in use");
    await confirm(workbench(), "billing-backups");
    await shown(workbench().toast(/billing-backups is rotated and verified/));
    await bucket(workbench(), "billing-exports").click();
    await shown(
      workbench()
        .webview.getByText(/^2024\/?$/)
        .first(),
    );
    await stage().screenshot("2 browsing on");
  });

  test("another window shows what is under way, and says who is at it", async () => {
    second = await stage().window.openSecond("elsewhere");
    await second.showContainer("RGW Keyring");
    await second.sidebar.getByRole("button", { name: "Select Project" }).click();
    await second.pick("Select Project", "web-shop");
    await row(second, "billing-backups").click();
    await shown(bucket(second, "billing-exports"), loadLimitMs);
    await bucket(second, "billing-exports").click();
    await shown(folder(second));
    const held = gate(stage().sandbox.faults.platform, renewal);
    await rotate(workbench(), "billing-backups");
    await until("the request is under way", () => held.arrived() > 0);
    for (const one of [workbench(), second]) {
      await shown(one.treeItem(/^billing-backups, .*is being rotated/));
    }
    await second.inlineAction(row(second, "billing-backups"), /^Rotate Key/);
    await shown(second.toast(/being changed by another window \(workspace, process \d+, since/));
    await stage().screenshot("3 busy", second);
    await stage().screenshot("4 under way");
    held.open();
    await shown(workbench().toast(/billing-backups is rotated and verified/));
    await gone(second.treeItem(/is being rotated/));
  });

  // So it is in a browser only, where VS Code reads its secret storage once for each window and writes back all of it.
  test("a window that cannot see the new secret key does not write over it, and says so", async () => {
    await second.clearNotifications();
    await second.contextMenu(row(second, "billing-backups"), "Verify Stored Key");
    await shown(second.toast(/does not see what another window has stored meanwhile/));
    await stage().screenshot("5 unseen", second);
    await workbench().reload();
    await shown(workbench().treeItem(/^billing-backups, .*accepted by S3/), loadLimitMs);
  });

  test("after a reload the panel of the other window goes on with the new secret key", async () => {
    await second.reload();
    await shown(folder(second), loadLimitMs);
    await shown(second.treeItem(/^billing-backups, .*accepted by S3/), loadLimitMs);
    await stage().screenshot("6 reloaded", second);
  });

  function bucket(of: Workbench, name: string) {
    return of.webview.getByText(name, { exact: true }).last();
  }

  function folder(of: Workbench) {
    return of.webview.getByText(/^2024\/?$/).first();
  }
});

/** Signed in, with the users of a project in view. */
async function begin(stage: Stage): Promise<void> {
  await stage.workbench.showContainer("RGW Keyring");
  await signIn(stage);
  await pickProject(stage, "web-shop");
  await shown(row(stage.workbench, "billing-backups"));
  await stage.workbench.clearNotifications();
}

function row(workbench: Workbench, name: string) {
  return workbench.treeItem(new RegExp(`^${name},`));
}

async function rotate(workbench: Workbench, name: string): Promise<void> {
  await workbench.inlineAction(row(workbench, name), /^Rotate Key/);
  await confirm(workbench, name);
}

async function confirm(workbench: Workbench, name: string): Promise<void> {
  const dialog = workbench.dialog(`Rotate the key of ${name}?`);
  await shown(dialog);
  await dialog.getByRole("button", { name: /^Rotate/ }).click();
  await gone(dialog);
}

async function rotateSeveral(workbench: Workbench, names: readonly string[]): Promise<void> {
  const rows = names.map((name) => row(workbench, name));
  const [first] = rows;
  if (first === undefined) throw new Error("There is nobody to select.");
  await workbench.select(rows);
  await workbench.contextMenu(first, /^Rotate Key/);
  await shown(workbench.dialog(/one after the other/));
}

/** The requests for a new secret key that came to the platform. */
function renewals({ sandbox }: Stage): number {
  return sandbox.requests.all.filter(({ method, path }) => method === "POST" && path.endsWith("/renew_key")).length;
}

/** Holds S3's answers back from the moment on in which the platform has answered with a new secret key. */
function gateAfterRenewal({ sandbox: { faults } }: Stage, skip = 0) {
  let held: Gate | undefined;
  const run = () => {
    held = gate(faults.s3, {});
  };
  faults.platform.add({ ...renewal, skip, times: 1, kind: "before", run });
  return { arrived: () => held?.arrived() ?? 0 };
}

/** Ends the process that runs the extensions, without a word to it. */
async function crash({ window }: Stage): Promise<void> {
  const hosts = await window.extensionHosts();
  assert.equal(hosts.length, 1);
  for (const pid of hosts) process.kill(pid, "SIGKILL");
}

/** As a person gets at it; it is never printed. */
async function storedSecret(workbench: Workbench, name: string): Promise<string> {
  await workbench.page.evaluate("navigator.clipboard.writeText('')");
  await workbench.contextMenu(row(workbench, name), "Copy Secret Key");
  await until("the clipboard has a secret key", async () => (await workbench.clipboard()) !== "");
  return workbench.clipboard();
}
