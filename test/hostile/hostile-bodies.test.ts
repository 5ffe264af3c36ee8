/** @file Bodies that mean harm, to a real server: documented answers, flat memory. Larger ones are in the slow tests. */
import { test } from "node:test";
import { startReadyServer } from "../support/server-process.js";
import { SMALL_BODIES } from "./hostile-bodies.js";
import { repeatTable } from "./hostile-table.js";
import { smallModel } from "./small-model.js";

test("small bodies that mean harm", async (t) => {
  const server = await startReadyServer(t, { MODEL_DIR: await smallModel(t), MAX_ROWS: "256" });
  await repeatTable(t, server, SMALL_BODIES, { rounds: 5, maxGrowthMebibytes: 100 });
});
