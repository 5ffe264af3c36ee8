/** @file Every test of load in full, one after the other: they would disturb each other's times. */
import { COUNTS } from "./counts.js";
import { testHangUp } from "./hang-up.js";
import { testInARow } from "./in-a-row.js";
import { testOverload } from "./overload.js";
import { testSigterm } from "./sigterm.js";

testHangUp(COUNTS.soak);
testSigterm(COUNTS.soak);
testInARow(COUNTS.soak);
testOverload(COUNTS.soak);
