import { COUNTS } from "./counts.js";
import { testSigterm } from "./sigterm.js";

testSigterm(COUNTS.ci);
