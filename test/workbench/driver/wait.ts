import { setTimeout as delay } from "node:timers/promises";
import type { Locator } from "playwright-core";

/** For one step of the window, on a machine that is busy. */
export const stepLimitMs = 20_000;
/** For a window to be loaded and its extensions to be up. */
export const loadLimitMs = 90_000;

/** Polls until a condition holds. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  limitMs = stepLimitMs,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not within ${limitMs / 1000} s: ${what}`);
    await delay(50);
  }
}

export async function shown(locator: Locator, limitMs = stepLimitMs): Promise<void> {
  await locator.first().waitFor({ state: "visible", timeout: limitMs });
}

export async function gone(locator: Locator, limitMs = stepLimitMs): Promise<void> {
  await until(`${locator.toString()} is gone`, async () => (await locator.count()) === 0, limitMs);
}
