/** @file A model that answers NaN to one prompt: that row says so, the other one has its picture. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { poisonedModel } from "../support/poisoned-model.js";
import { codec } from "../support/sample.js";
import { cardRequest, startReadyServer } from "../support/server-process.js";

test("a row that the model answers with NaN is an error of that row", async (t) => {
  const { input_data } = cardRequest({ num_inference_steps: 1, seed: 4 });
  const [first, second] = input_data.data;
  assert.ok(first !== undefined && second !== undefined);
  const folder = await poisonedModel(t, second.prompt, [first.prompt]);

  const server = await startReadyServer(t, { MODEL_DIR: folder });
  const { status, text, headers } = await server.score({ input_data });
  assert.equal(status, 200, text.slice(0, 500));
  assert.equal(headers.get("x-inpaint-seeds"), "4,4");
  const rows: unknown = JSON.parse(text);
  assert.ok(Array.isArray(rows) && rows.length === 2);
  const [good, bad]: readonly unknown[] = rows;
  assert.ok(typeof good === "object" && good !== null && "generated_image" in good && !("error" in good));
  const { width } = await codec.decode(Buffer.from(String(good.generated_image), "base64"));
  assert.equal(width, 512);
  assert.deepEqual(bad, {
    prompt: second.prompt,
    generated_image: "",
    nsfw_content_detected: null,
    error: {
      code: "NON_FINITE_OUTPUT",
      message: "The model's output is not finite (NaN or infinity), so there is no image to return.",
    },
  });
  await server.process.logged(({ msg }) => msg === "a row failed");
  assert.equal(await server.metric('inpaint_jobs_total{outcome="failed"}'), 1);
  assert.equal(await server.metric('inpaint_jobs_total{outcome="done"}'), 1);
});
