import { COUNTS } from "./counts.js";
import { testHangUp } from "./hang-up.js";

testHangUp(COUNTS.ci);
