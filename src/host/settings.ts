import * as vscode from "vscode";
import { parseAddress } from "../core/endpoints.ts";
import { SettingError } from "./explain.ts";

export interface Endpoints {
  readonly apiUrl: URL;
  readonly s3Endpoint: URL;
  readonly region: string;
}

const section = "rgw";

/** @throws SettingError */
export function readEndpoints(): Endpoints {
  return { apiUrl: address("apiUrl"), s3Endpoint: address("s3Endpoint"), region: text("region") };
}

/** Seconds in the settings, milliseconds here. */
export function readTimeouts(): { readonly connectMs: number; readonly requestMs: number } {
  return { connectMs: seconds("connectTimeout", 10), requestMs: seconds("requestTimeout", 60) };
}

/** After how many days a key counts as old; nothing when the person does not want to know. */
export function readKeyAgeDays(): number | undefined {
  return days("keyAgeDays", 90);
}

export function onDidChangeKeyAge(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(`${section}.keyAgeDays`)) listener();
  });
}

/** Fires when the services that are talked to have changed. */
export function onDidChangeEndpoints(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (["apiUrl", "s3Endpoint", "region"].some((name) => event.affectsConfiguration(`${section}.${name}`))) listener();
  });
}

function text(name: string): string {
  return vscode.workspace.getConfiguration(section).get<string>(name, "").trim();
}

function seconds(name: string, otherwise: number): number {
  const value = vscode.workspace.getConfiguration(section).get<number>(name, otherwise);
  return (Number.isFinite(value) && value > 0 ? value : otherwise) * 1000;
}

function days(name: string, otherwise: number): number | undefined {
  const value = vscode.workspace.getConfiguration(section).get<number>(name, otherwise);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function address(name: string): URL {
  const read = parseAddress(text(name));
  if ("problem" in read) throw new SettingError(`${section}.${name}`, read.problem);
  return read.url;
}
