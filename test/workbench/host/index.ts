import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { HostTest } from "./report.ts";

/** Called by VS Code in its extension host. Resolves when all tests have passed. */
export async function run(): Promise<void> {
  const { default: Mocha } = await import("mocha");
  const mocha = new Mocha({ ui: "tdd", timeout: 30_000, reporter: "min" });
  for (const file of readdirSync(__dirname).filter((name) => name.endsWith(".test.cjs"))) {
    mocha.addFile(join(__dirname, file));
  }
  await mocha.loadFilesAsync();
  const failures = await new Promise<number>((resolve) => report(mocha.run(resolve)));
  if (failures > 0) throw new Error(`${failures} failed`);
}

function report(runner: Mocha.Runner): void {
  runner.on("pass", (test) => note({ title: title(test), state: "passed", durationMs: test.duration ?? 0 }));
  runner.on("pending", (test) => note({ title: title(test), state: "skipped", durationMs: 0 }));
  runner.on("fail", (test, error: Error) => {
    note({ title: title(test), state: "failed", durationMs: test.duration ?? 0, error: error.stack ?? error.message });
  });
}

function title(test: Mocha.Test): string {
  return test.titlePath().join(" ");
}

function note(test: HostTest): void {
  const file = process.env["RGW_HOST_REPORT"];
  if (file === undefined) console.log(test.state, test.title, test.error ?? "");
  else appendFileSync(file, `${JSON.stringify(test)}\n`);
}
