/** @file The README's table of schedulers is what the golden trajectories say. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { schedulerTable } from "../../support/scheduler-table.js";
import { readTrajectoryIndex } from "../../support/trajectory-goldens.js";

test("the README holds the scheduler table as the goldens have it", async () => {
  const readme = await readFile(new URL("../../../../README.md", import.meta.url), "utf8");
  const between = /<!-- schedulers -->\n([\s\S]*?)\n<!-- \/schedulers -->/.exec(readme)?.[1];
  assert.equal(between?.trim(), schedulerTable(readTrajectoryIndex()));
});

test("a value is in the table because the reference ran with it, or refused it", () => {
  const run = { steps: 5, strength: 1, calls: 5 };
  const cell = (options: Record<string, string | boolean>, refused?: string) => ({
    options,
    file: { _class_name: "LMSDiscreteScheduler", prediction_type: "epsilon" },
    runs: [refused === undefined ? run : { ...run, calls: 0, refused }],
  });
  const table = schedulerTable({
    LMSDiscrete: [
      cell({ timestep_spacing: "leading" }),
      cell({ timestep_spacing: "sideways" }, "ValueError"),
      cell({ timestep_spacing: "trailing", use_karras_sigmas: true }),
      cell({ final_sigmas_type: "zero" }),
      cell({ final_sigmas_type: "zero", use_karras_sigmas: true }, "ValueError"),
    ],
  });
  const row = table.split("\n").find((line) => line.includes("`LMSDiscrete`"));
  assert.equal(
    row,
    "| `LMSDiscrete` | leading, trailing | karras | epsilon | – | `final_sigmas_type` zero | " +
      "`prediction_type: v_prediction`; `prediction_type: sample`; `timestep_spacing: sideways`; " +
      "`final_sigmas_type: zero` with `use_karras_sigmas` |",
  );
});
