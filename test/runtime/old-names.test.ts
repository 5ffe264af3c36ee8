/** @file Checkpoints that name their tensors otherwise give the same bytes: old VAE attention, no `text_model.` prefix. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { OnnxNetworks } from "../../src/runtime/onnx-networks.js";
import { copyCheckpoint, readTensors } from "../support/checkpoint-copy.js";
import { NETWORK_GOLDENS, type NetworkGolden } from "../support/network-goldens.js";
import { randomCheckpointPath } from "../support/paths.js";
import { writeSafetensors } from "../support/safetensors-writer.js";

const VAE_ATTENTION = [
  [".to_q.", ".query."],
  [".to_k.", ".key."],
  [".to_v.", ".value."],
  [".to_out.0.", ".proj_attn."],
] as const;

const RENAMINGS: readonly {
  readonly what: string;
  readonly component: NetworkGolden["component"];
  readonly file: string;
  readonly rename: (name: string) => string;
  readonly renamed: number;
}[] = [
  {
    what: "the VAE's attention named as in older releases",
    component: "vae",
    file: "vae/diffusion_pytorch_model.safetensors",
    rename: (name) => VAE_ATTENTION.reduce((result, [today, old]) => result.replace(today, old), name),
    renamed: 16,
  },
  {
    what: "a text encoder without its prefix, as transformers 5 saves it",
    component: "text_encoder",
    file: "text_encoder/model.safetensors",
    rename: (name) => name.replace("text_model.", ""),
    renamed: 372,
  },
];

async function outputs(t: TestContext, folder: string, component: NetworkGolden["component"]) {
  const networks = await OnnxNetworks.open(await openCheckpoint({ modelDir: folder }), { threads: 1 });
  t.after(() => networks.release());
  const results = [];
  for (const golden of NETWORK_GOLDENS.filter((one) => one.component === component)) {
    results.push((await golden.run(networks)).data);
  }
  return results;
}

for (const { what, component, file, rename, renamed } of RENAMINGS) {
  test(what, async (t) => {
    const folder = await copyCheckpoint(t);
    const path = join(folder, file);
    const tensors = [...(await readTensors(path))].map(([name, tensor]) => [rename(name), tensor] as const);
    await writeSafetensors(path, new Map(tensors));
    const { tensors: written } = (await openCheckpoint({ modelDir: folder }))[
      component === "vae" ? "vae" : "textEncoder"
    ].weights;
    const { tensors: original } = (await openCheckpoint({ modelDir: randomCheckpointPath }))[
      component === "vae" ? "vae" : "textEncoder"
    ].weights;
    assert.equal([...written.keys()].filter((name) => !original.has(name)).length, renamed);
    assert.deepEqual(await outputs(t, folder, component), await outputs(t, randomCheckpointPath, component));
  });
}
