import { start } from "./bootstrap.mjs";

start("screenshots");
