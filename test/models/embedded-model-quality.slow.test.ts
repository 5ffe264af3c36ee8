/**
 * @file What the embedded model can do, by the same measures as `npm run evaluate` on fewer and smaller pictures. Each
 * floor lies below what was measured when the model was put in (its diagnostics print what is measured).
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PAIRS } from "../../models/evaluation/cases/steering-case.js";
import { InpaintingServer } from "../../models/evaluation/inpainting-server.js";
import {
  CONTINUITY_MEASURES,
  measureContinuity,
  medianContinuity,
} from "../../models/evaluation/parts/continuity.js";
import { classicFillers, measureScenes, servedBy } from "../../models/evaluation/parts/held-out-scenes.js";
import { measureSteering, preferenceOf, ratesRight } from "../../models/evaluation/parts/steering.js";
import { writeUntrainedCopy } from "../../models/evaluation/untrained-copy.js";
import { EMBEDDED_MODEL_DIR } from "../../src/bin/package-paths.js";

const SIDE = 256;
const progress = () => undefined;

/** Held-out scenes. */
const SCENES = 12;
/** Every held-out pair, and one of each colour that training shows. */
const STEERED = PAIRS.filter(
  ({ heldOut, colour }, index) =>
    heldOut || PAIRS.slice(0, index).filter((pair) => !pair.heldOut && pair.colour === colour).length < 1,
);
const TEXTURES = 6;

let server: InpaintingServer;
before(async () => {
  server = await InpaintingServer.start();
});
after(() => server.stop());

test("holes of held-out scenes come nearer to what was there than an untrained network's; classic inpainting is shown beside", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "untrained-"));
  await writeUntrainedCopy(EMBEDDED_MODEL_DIR, folder);
  const untrained = await InpaintingServer.start(folder);
  try {
    const fillers = { model: servedBy(server), ...(await classicFillers()), untrained: servedBy(untrained) };
    const filled = await measureScenes(fillers, { count: SCENES, side: SIDE, progress });
    const means = new Map([...filled].map(([name, { mean }]) => [name, mean]));
    for (const [name, { distance, psnr }] of means)
      t.diagnostic(`${name}: distance ${distance.toFixed(3)}, PSNR ${psnr.toFixed(2)} dB`);
    const { distance: own = Number.NaN, psnr = Number.NaN } = means.get("model") ?? {};
    const { distance: untaught = Number.NaN } = means.get("untrained") ?? {};
    assert.ok(own < 0.5 * untaught, `the untrained network is at ${untaught}, the model at ${own}`);
    assert.ok(psnr > (means.get("untrained")?.psnr ?? Number.NaN) + 3, `PSNR ${psnr}`);
  } finally {
    await untrained.stop();
    await rm(folder, { recursive: true });
  }
});

test("the prompt's colour fills the hole, less so without guidance, and no colour without a prompt", async (t) => {
  const asked = { pairs: STEERED, repeats: 1, heldOutRepeats: 1, side: SIDE, progress };
  const { asked: guided, withoutGuidance, emptyPrompt } = await measureSteering(server, asked);
  const [rates, unguided] = [ratesRight(guided), ratesRight(withoutGuidance)];
  for (const [name, { hits, of }] of Object.entries({ ...rates, "guidance 1": unguided.allAlike }))
    t.diagnostic(`${name}: ${hits} of ${of}`);
  assert.ok(rates.trained.share >= 0.8, `trained pairs: ${rates.trained.share}`);
  assert.ok(rates.heldOut.share >= 0.6, `held-out pairs: ${rates.heldOut.share}`);
  assert.ok(unguided.allAlike.share < rates.allAlike.share, `guidance 1: ${unguided.allAlike.share}`);
  const preference = preferenceOf(emptyPrompt);
  assert.ok(!preference.isPreferred, `an empty prompt prefers ${preference.hue}`);
});

test("a hole in a background continues it", async (t) => {
  const cases = await measureContinuity(server, { count: TEXTURES, side: SIDE, progress });
  const medians = medianContinuity(cases);
  for (const measure of CONTINUITY_MEASURES) t.diagnostic(`${measure}: ${medians[measure].toFixed(2)}`);
  assert.ok(medians.edge < 1.5, `edge ${medians.edge}`);
  assert.ok(medians.seam < 2, `seam ${medians.seam}`);
  assert.ok(medians.deviation > 0.5 && medians.deviation < 1.6, `deviation ${medians.deviation}`);
  assert.ok(medians.slope > 0.6 && medians.slope < 1.6, `slope ${medians.slope}`);
});
