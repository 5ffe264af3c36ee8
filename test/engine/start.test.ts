import assert from "node:assert/strict";
import { cp, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { randomCheckpointPath } from "../support/paths.js";
import { createTestEngine, metricValue } from "../support/test-engine.js";

test("a model folder that does not exist is named, and not tried again", async (t) => {
  const { engine, metrics } = createTestEngine(t, { modelDir: "/no/such/model" });
  await assert.rejects(engine.start(), {
    name: "InpaintError",
    code: "INVALID_CHECKPOINT",
    message: /\/no\/such\/model/,
  });
  assert.equal(engine.ready, false);
  assert.equal(await metricValue(metrics.workerRestarts), 0);
});

test("a checkpoint that was cut short is refused by the name of its file", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "inpaint-model-"));
  t.after(() => rm(folder, { recursive: true }));
  await cp(randomCheckpointPath, folder, { recursive: true });
  await truncate(join(folder, "unet", "diffusion_pytorch_model.safetensors"), 20_000);
  const { engine } = createTestEngine(t, { modelDir: folder });
  await assert.rejects(engine.start(), {
    code: "INVALID_CHECKPOINT",
    message: /diffusion_pytorch_model\.safetensors/,
  });
});

test("a scheduler that is not served is refused by name, unless another is the default", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "inpaint-model-"));
  t.after(() => rm(folder, { recursive: true }));
  await cp(randomCheckpointPath, folder, { recursive: true });
  const path = join(folder, "scheduler", "scheduler_config.json");
  await writeFile(path, JSON.stringify({ _class_name: "DDIMInverseScheduler" }));
  await assert.rejects(createTestEngine(t, { modelDir: folder }).engine.start(), {
    code: "INVALID_CHECKPOINT",
    message: /inpaint-model-.*"DDIMInverseScheduler", which is not one of PNDM, DDIM/,
  });
  const { engine } = createTestEngine(t, { modelDir: folder, defaultScheduler: "DDIM" });
  await engine.start();
  assert.equal(engine.ready, true);
});

test("an engine closed while it starts leaves nothing behind", async (t) => {
  const { engine } = createTestEngine(t);
  const start = engine.start();
  await Promise.all([assert.rejects(start, { code: "SHUTTING_DOWN" }), engine.close()]);
  assert.equal(engine.ready, false);
});

test("an engine that was never started can be closed", async (t) => {
  await createTestEngine(t).engine.close();
});

test("the log says which checkpoint was opened and why, and what to know of it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "inpaint-model-"));
  t.after(() => rm(folder, { recursive: true }));
  const model = join(folder, "artifacts", "model");
  await cp(randomCheckpointPath, model, { recursive: true });
  await writeFile(join(model, "512-inpainting-ema.ckpt"), "not to be opened");
  const { engine, log } = createTestEngine(t, { modelDir: folder, predictionType: "v_prediction" });
  await engine.start();
  const opened = await log.logged("checkpoint opened");
  assert.equal(opened.path, model);
  assert.equal(opened.reason, "a diffusers folder, preferred to single files");
  assert.deepEqual(opened.notTaken, [join(model, "512-inpainting-ema.ckpt")]);
  const warning = join(model, "scheduler", "scheduler_config.json");
  const [line] = log.lines(
    `${warning}: prediction_type is nothing, which means epsilon; PREDICTION_TYPE says v_prediction and is followed`,
  );
  assert.equal(line?.level, 40);
});
