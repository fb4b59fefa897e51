import { subjects } from "../contract/subjects.ts";
import { matrix } from "./matrix.ts";

for (const subject of subjects) if (subject.name === "embedded") matrix(subject, true);
