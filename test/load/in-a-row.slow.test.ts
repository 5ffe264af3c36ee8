import { COUNTS } from "./counts.js";
import { testInARow } from "./in-a-row.js";

testInARow(COUNTS.ci);
