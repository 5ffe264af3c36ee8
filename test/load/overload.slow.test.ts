import { COUNTS } from "./counts.js";
import { testOverload } from "./overload.js";

testOverload(COUNTS.ci);
