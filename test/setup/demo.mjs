import { start } from "./bootstrap.mjs";

start("demo");
