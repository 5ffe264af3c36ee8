/** @file Bodies of 30 MB that mean harm, and small ones very often: documented answers, flat memory. */
import { test } from "node:test";
import { startReadyServer } from "../support/server-process.js";
import { LARGE_BODIES, SMALL_BODIES } from "./hostile-bodies.js";
import { repeatTable } from "./hostile-table.js";
import { smallModel } from "./small-model.js";

for (const [what, cases, rounds] of [
  ["small bodies that mean harm, again and again", SMALL_BODIES, 40],
  ["bodies of 30 MB that mean harm", LARGE_BODIES, 10],
] as const) {
  test(what, async (t) => {
    const server = await startReadyServer(t, { MODEL_DIR: await smallModel(t), MAX_ROWS: "256" });
    await repeatTable(t, server, cases, { rounds, maxGrowthMebibytes: 100 });
  });
}
