/** @file Valid files of a checkpoint with bytes changed, cut out or repeated: opened or refused, never anything else. */
import { testDamagedFiles } from "../support/damaged-files.js";

const RUNS_PER_FILE = 300;

await testDamagedFiles(RUNS_PER_FILE);
