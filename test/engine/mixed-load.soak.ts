/** @file The mixed jobs of mixed-load.test.ts, as many as show all kinds. */
import { MIXED_JOBS, testMixedLoad } from "../support/mixed-load.js";

testMixedLoad(MIXED_JOBS.soak);
