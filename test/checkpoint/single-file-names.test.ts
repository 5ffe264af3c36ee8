/**
 * @file Full-size single-file checkpoints: every tensor lands where diffusers' converters put it, and the configs told
 * from shapes are theirs (test/scripts/goldens/single_file.py).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.js";
import { buildNetworks } from "../../src/networks/build-networks.js";
import { randomCheckpointPath } from "../support/paths.js";
import {
  COMPONENTS,
  configsOf,
  readSingleFileGolden,
  THIRDS,
  writeHollowFile,
} from "../support/single-file-golden.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const OPTIONS = { tokenizerDir: join(randomCheckpointPath, "tokenizer"), predictionType: "epsilon" } as const;

for (const [name, tensorCount, generation] of [
  ["sd1-inpainting", 1131, 1],
  ["sd2-inpainting", 1306, 2],
] as const) {
  test(`${name}: every tensor where the reference's converter puts it`, async (t) => {
    const golden = readSingleFileGolden(name);
    const path = join(await temporaryFolder(t), `${name}.safetensors`);
    const { dataStart, offsets } = await writeHollowFile(path, golden.tensors);
    const opened = await openCheckpoint({ modelDir: path, ...OPTIONS });
    let compared = 0;
    for (const component of COMPONENTS) {
      const { weights } = opened[component === "text_encoder" ? "textEncoder" : component];
      const expected = golden.components[component];
      assert.deepEqual([...weights.tensors.keys()].sort(), Object.keys(expected).sort());
      for (const [today, [number, third]] of Object.entries(expected)) {
        const [inFile, shape] = golden.tensors[number] ?? assert.fail();
        const tensor = weights.tensors.get(today) ?? assert.fail(today);
        const whole = shape.reduce((count, size) => count * size, 2);
        assert.equal(tensor.name, inFile);
        assert.equal(tensor.length, third === undefined ? whole : whole / THIRDS, today);
        assert.equal(
          tensor.offset,
          dataStart + (offsets.get(inFile) ?? Number.NaN) + (third ?? 0) * tensor.length,
          today,
        );
        assert.equal(weights.nameInFile?.(today), inFile);
        compared++;
      }
    }
    assert.equal(compared, tensorCount);
    const { unet, vae, textEncoder } = opened;
    assert.deepEqual(
      { unet: unet.config, vae: vae.config, textEncoder: textEncoder.config },
      configsOf(golden),
    );
    assert.equal(textEncoder.config.hiddenAct, generation === 1 ? "quick_gelu" : "gelu");
    buildNetworks(opened); // throws on any tensor that is missing, misshapen or left over
    assert.deepEqual(opened.warnings, []);
  });
}
