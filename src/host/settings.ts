import * as vscode from "vscode";
import { type AddressProblem, parseAddress } from "../core/endpoints.ts";

export interface Endpoints {
  readonly apiUrl: URL;
  readonly s3Endpoint: URL;
  readonly region: string;
}

/** A setting that cannot be used as it is. */
export class SettingError extends Error {
  override readonly name = "SettingError";
  readonly setting: string;
  readonly problem: AddressProblem;

  constructor(setting: string, problem: AddressProblem) {
    super(`${setting}: ${problem}`);
    this.setting = setting;
    this.problem = problem;
  }
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

function address(name: string): URL {
  const read = parseAddress(text(name));
  if ("problem" in read) throw new SettingError(`${section}.${name}`, read.problem);
  return read.url;
}
