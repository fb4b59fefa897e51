import * as vscode from "vscode";
import type { NetworkSettings } from "../core/network.ts";
import { readTimeouts } from "./settings.ts";

/** VS Code's own network settings. It ignores a workspace's values of them, and so does this. */
export function readNetworkSettings(): NetworkSettings {
  const http = vscode.workspace.getConfiguration("http");
  const own = <T>(name: string, otherwise: T): T => {
    const values = http.inspect<T>(name);
    return values?.globalValue ?? values?.defaultValue ?? otherwise;
  };
  const { connectMs, requestMs } = readTimeouts();
  return {
    proxy: own("proxy", ""),
    noProxy: own<string[]>("noProxy", []),
    proxySupport: own("proxySupport", "override"),
    connectTimeoutMs: connectMs,
    requestTimeoutMs: requestMs,
  };
}
