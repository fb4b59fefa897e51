import { packageExtension } from "../run/packaging.ts";

await packageExtension((line) => console.log(line));
