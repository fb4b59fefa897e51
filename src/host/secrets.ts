import { join } from "node:path";
import type * as vscode from "vscode";
import { Folder } from "../core/files.ts";
import { SharedSecrets } from "../core/keys/sharedSecrets.ts";
import { Locks } from "../core/lock.ts";

/** VS Code's SecretStorage, and what `keys` lists of it, where VS Code can list (since 1.105). */
export interface Secrets extends vscode.SecretStorage {
  keys?(): Thenable<string[]>;
}

/** The extension's SecretStorage, safe from windows that do not see one another's writes. */
export function shareSecrets({ secrets, globalStorageUri }: vscode.ExtensionContext): Secrets {
  const folder = globalStorageUri.fsPath;
  const shared = new SharedSecrets(secrets, new Folder(join(folder, "secrets")), new Locks(join(folder, "locks"), ""));
  const listing: Secrets = secrets;
  return {
    get: (key) => shared.get(key),
    store: (key, value) => shared.store(key, value),
    delete: (key) => shared.delete(key),
    onDidChange: secrets.onDidChange,
    ...(listing.keys && { keys: () => listing.keys?.() ?? Promise.resolve([]) }),
  };
}
