// Takes the lock of a folder, says what came of it, and holds it until its input ends or it is killed.
import { once } from "node:events";
import { Locks } from "../../../src/core/lock.ts";

const [folder = "", name = ""] = process.argv.slice(2);
const attempt = await new Locks(folder, `process ${process.pid}`).take(name);
process.stdout.write(`${JSON.stringify(attempt.held ? { held: true } : attempt)}\n`);
process.stdin.resume();
await once(process.stdin, "end");
if (attempt.held) await attempt.release();
