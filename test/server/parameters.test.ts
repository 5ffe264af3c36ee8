/** @file Parameters on a real server: what they do to the answer, and what the model refuses before it runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { z } from "zod";
import { thresholdMask } from "../../src/diffusion/threshold-mask.js";
import { sampleImage, sampleMask } from "../support/sample.js";
import {
  decodeResult,
  messageOf,
  oneRowRequest,
  type Reply,
  rowsOf,
  startReadyServer,
} from "../support/server-process.js";

const STEP = { num_inference_steps: 1 };

const detailedRow = z.strictObject({
  prompt: z.string(),
  generated_image: z.string(),
  nsfw_content_detected: z.null(),
  seed: z.int(),
  warnings: z.array(z.string()),
  timings: z.record(z.string(), z.number()),
});
const detailedRowsOf = ({ status, text }: Reply) => {
  assert.equal(status, 200, text.slice(0, 500));
  return z.array(detailedRow).parse(JSON.parse(text));
};

test("a server", async (t) => {
  const server = await startReadyServer(t);

  await t.test(
    "gives each of several images a row, a seed and the picture that its seed gives alone",
    async () => {
      const together = await server.score(
        oneRowRequest({ ...STEP, seed: 5, num_images_per_prompt: 3, guidance_scale: 1 }),
      );
      assert.equal(together.headers.get("x-inpaint-seeds"), "5,6,7");
      const pictures = rowsOf(together).map((row) => row.generated_image);
      assert.equal(new Set(pictures).size, 3);
      const alone = await server.score(oneRowRequest({ ...STEP, seed: 6, guidance_scale: 1 }));
      assert.equal(rowsOf(alone)[0]?.generated_image, pictures[1]);
    },
  );

  await t.test("tells seed, warnings and timings when details are asked for", async () => {
    const prompt = "word ".repeat(100);
    const [row] = detailedRowsOf(
      await server.score(oneRowRequest({ ...STEP, seed: 5, details: true }, { prompt })),
    );
    assert.equal(row?.seed, 5);
    assert.match(row?.warnings.join() ?? "", /^prompt is longer than the 77 tokens/);
    for (const stage of ["imageDecode", "text", "denoise", "vaeDecode", "imageEncode"]) {
      assert.ok((row?.timings[stage] ?? 0) > 0, stage);
    }
  });

  await t.test(
    "keeps the input's pixels around a crop too, and fades from them inside the mask",
    async () => {
      const picture = async (mask_feather: number) => {
        const parameters = { ...STEP, seed: 5, guidance_scale: 1, padding_mask_crop: 16, mask_feather };
        const [row] = rowsOf(await server.score(oneRowRequest(parameters)));
        return (await decodeResult(row ?? assert.fail("no row"))).data;
      };
      const [hard, soft] = [await picture(0), await picture(20)];
      const mask = thresholdMask(sampleMask);
      const changed = hard.filter((level, i) => level !== sampleImage.data[i]).length;
      const changedOutside = hard.filter(
        (level, i) => mask.data[Math.floor(i / 3)] === 0 && level !== sampleImage.data[i],
      ).length;
      assert.equal(changedOutside, 0);
      assert.ok(changed > 10_000, `${changed} bytes were repainted`);
      assert.notDeepEqual(soft, hard);
    },
  );

  await t.test("writes the file format that is asked for", async () => {
    const reply = await server.score(oneRowRequest({ ...STEP, output_format: "webp", output_quality: 100 }));
    const file = Buffer.from(rowsOf(reply)[0]?.generated_image ?? "", "base64");
    const { format, width, height } = await sharp(file).metadata();
    assert.deepEqual([format, width, height], ["webp", 512, 512]);
  });

  await t.test("refuses by its row what the model cannot do, before it runs", async () => {
    const refused = {
      "strength 0.1 of num_inference_steps 4 leaves fewer than one step": {
        num_inference_steps: 4,
        strength: 0.1,
      },
      "clip_skip is 24, but the text encoder has 23 layers": { clip_skip: 24 },
      "height and width: an image computed at 4096×512 is 2097152 pixels; at most 1048576 are made": {
        width: 4096,
      },
    };
    const planned = await server.metric("inpaint_unet_calls_planned_total");
    for (const [message, parameters] of Object.entries(refused)) {
      const reply = await server.score(oneRowRequest(parameters));
      assert.equal(reply.status, 400);
      assert.equal(messageOf(reply), `data[0]: ${message}`);
    }
    assert.equal(await server.metric("inpaint_unet_calls_planned_total"), planned);
  });

  await t.test("tells in /info what it runs, without a path", async () => {
    const { status, text } = await server.get("/info");
    assert.equal(status, 200);
    const { model } = z.object({ model: z.record(z.string(), z.unknown()) }).parse(JSON.parse(text));
    assert.equal(model.name, "random-checkpoint");
    assert.match(String(model.hash), /^[0-9a-f]{64}$/);
    assert.equal(model.execution_provider, "cpu");
    assert.deepEqual([model.height, model.width, model.unet_channels], [512, 512, 9]);
    assert.doesNotMatch(JSON.stringify(model), /\//);
  });
});
