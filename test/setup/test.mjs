import { start } from "./bootstrap.mjs";

start("test");
