/** @file Prints the scheduler table for the README, to be pasted between its two scheduler markers. */
import { schedulerTable } from "../support/scheduler-table.js";
import { readTrajectoryIndex } from "../support/trajectory-goldens.js";

process.stdout.write(`${schedulerTable(readTrajectoryIndex())}\n`);
