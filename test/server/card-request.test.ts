import assert from "node:assert/strict";
import { test } from "node:test";
import { countRepainted } from "../../src/bin/check-repaint.js";
import { sampleImage, sampleImageFile, sampleMask, sampleMaskFile } from "../support/sample.js";
import {
  cardRequest,
  decodeResult,
  oneRowRequest,
  rowsOf,
  startReadyServer,
} from "../support/server-process.js";

const STEPS = { num_inference_steps: 2 };

test("the model card's request", async (t) => {
  const server = await startReadyServer(t);

  await t.test(
    "is answered with two rows in order, each a 512×512 RGB PNG repainted in the hole only",
    async (t) => {
      const reply = await server.score(cardRequest({ ...STEPS, seed: 42 }));
      const rows = rowsOf(reply);
      assert.equal(reply.headers.get("content-type"), "application/json");
      assert.deepEqual(
        rows.map(({ prompt }) => prompt),
        [
          "Face of a yellow cat, high resolution, sitting on a park bench",
          "Face of a green cat, high resolution, sitting on a park bench",
        ],
      );
      for (const row of rows) {
        assert.match(row.generated_image, /^[A-Za-z0-9+/]+={0,2}$/, "one line of padded base64");
        const png = Buffer.from(row.generated_image, "base64");
        assert.equal(png.subarray(1, 4).toString("latin1"), "PNG");
        assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [512, 512], "width and height");
        assert.deepEqual([png[24], png[25]], [8, 2], "8 bits, RGB");
        const counts = countRepainted(sampleImage, sampleMask, await decodeResult(row));
        assert.equal(counts.outsideChanged, 0);
        assert.ok(counts.insideChanged > 0.9 * counts.inside);
        t.diagnostic(`${counts.insideChanged} of ${counts.inside} pixels inside the hole changed`);
      }
      assert.notEqual(rows[0]?.generated_image, rows[1]?.generated_image, "the prompt makes a difference");
    },
  );

  await t.test("with the same seed gives the same bytes, with another seed another hole", async () => {
    const first = await server.score(oneRowRequest({ ...STEPS, seed: 1 }));
    const again = await server.score(oneRowRequest({ ...STEPS, seed: 1 }));
    const other = await server.score(oneRowRequest({ ...STEPS, seed: 2 }));
    assert.equal(first.text, again.text);
    const [firstRow] = rowsOf(first);
    const [otherRow] = rowsOf(other);
    assert.ok(firstRow !== undefined && otherRow !== undefined);
    const counts = countRepainted(await decodeResult(firstRow), sampleMask, await decodeResult(otherRow));
    assert.equal(counts.outsideChanged, 0);
    assert.ok(counts.insideChanged > 0.9 * counts.inside);
  });

  await t.test("without a seed gives two different holes, and tells the seeds it drew", async () => {
    const first = await server.score(oneRowRequest(STEPS));
    const second = await server.score(oneRowRequest(STEPS));
    assert.notEqual(rowsOf(first)[0]?.generated_image, rowsOf(second)[0]?.generated_image);
    const seed = Number(first.headers.get("x-inpaint-seeds"));
    const repeated = await server.score(oneRowRequest({ ...STEPS, seed }));
    assert.equal(repeated.text, first.text);
  });

  await t.test("may be written in every way the contract allows, with the same picture", async () => {
    const wanted = rowsOf(await server.score(oneRowRequest({ ...STEPS, seed: 3 })))[0]?.generated_image;
    const prompt = "Face of a yellow cat, high resolution, sitting on a park bench";
    const [image, mask] = [sampleImageFile, sampleMaskFile].map((file) => file.toString("base64"));
    const parameters = { ...STEPS, seed: 3 };
    const broken = sampleImageFile.toString("base64").replace(/.{76}/g, "$&\n");
    const requests = {
      "list rows": { columns: ["prompt", "image", "mask"], data: [[prompt, image, mask]], parameters },
      "list rows in another order": {
        columns: ["mask_image", "prompt", "image"],
        data: [[mask, prompt, image]],
        parameters,
      },
      "no columns": { data: [{ prompt, image, mask }], parameters },
      "base64 with line breaks": { data: [{ prompt, image: `${broken}\n`, mask_image: mask }], parameters },
      "parameters in the row": { data: [{ prompt, image, mask, ...parameters }] },
      "a row's own parameters win": {
        data: [{ prompt, image, mask, ...parameters }],
        parameters: { num_inference_steps: 4, seed: 99 },
      },
    };
    for (const [how, input_data] of Object.entries(requests)) {
      const rows = rowsOf(await server.score({ input_data }));
      assert.equal(rows[0]?.generated_image, wanted, how);
    }
  });

  await t.test("with preserve_unmasked false gives the reference's raw output", async () => {
    const [row] = rowsOf(await server.score(oneRowRequest({ ...STEPS, seed: 1, preserve_unmasked: false })));
    assert.ok(row !== undefined);
    const counts = countRepainted(sampleImage, sampleMask, await decodeResult(row));
    assert.ok(counts.outsideChanged > 0, "the VAE changes every part of the picture");
  });
});
