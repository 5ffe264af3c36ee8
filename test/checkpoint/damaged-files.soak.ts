/** @file The damaged files of damaged-files.test.ts, twenty times as many. */
import { testDamagedFiles } from "../support/damaged-files.js";

const RUNS_PER_FILE = 6000;

await testDamagedFiles(RUNS_PER_FILE);
