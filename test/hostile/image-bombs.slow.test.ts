/** @file Files that unfold to much, and files that are no pictures, to a real server: documented answers, flat memory. */
import { test } from "node:test";
import { startReadyServer } from "../support/server-process.js";
import { repeatTable } from "./hostile-table.js";
import { IMAGE_BOMBS } from "./image-bombs.js";
import { smallModel } from "./small-model.js";

test("pictures that mean harm", async (t) => {
  const server = await startReadyServer(t, { MODEL_DIR: await smallModel(t) });
  await repeatTable(t, server, IMAGE_BOMBS, { rounds: 5, maxGrowthMebibytes: 50 });
});
