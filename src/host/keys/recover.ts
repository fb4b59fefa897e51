import type { Keyring } from "../keyring.ts";

/**
 * Finishes what earlier sessions left open, as far as S3 and the stored keys allow, and tells of it. What was known already
 * is not told again: the view shows it. One user's trouble is noted, and does not keep the others from their turn.
 * Most often nothing is open, and then nothing more than this file is loaded.
 */
export async function recoverRotations(keyring: Keyring, note: (error: unknown) => void): Promise<void> {
  for (const { userId, userName, isRunning } of (await keyring.openRotations()).values()) {
    if (isRunning) continue;
    try {
      const recovery = await keyring.recover(userId);
      const [{ tellRecovery }, { say }] = await Promise.all([import("./words.ts"), import("./say.ts")]);
      const message = tellRecovery(userName, recovery);
      if (message && (recovery.outcome !== "open" || recovery.isNews)) say(message, { id: userId });
    } catch (error) {
      note(error);
    }
  }
}
