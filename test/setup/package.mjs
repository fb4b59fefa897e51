import { start } from "./bootstrap.mjs";

start("package");
