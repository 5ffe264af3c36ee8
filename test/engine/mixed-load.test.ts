/** @file Jobs of every kind that share UNet calls: the quick count. */
import { MIXED_JOBS, testMixedLoad } from "../support/mixed-load.js";

testMixedLoad(MIXED_JOBS.ci);
