import { start } from "./bootstrap.mjs";

start("desktop");
