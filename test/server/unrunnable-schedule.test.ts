import assert from "node:assert/strict";
import { test } from "node:test";
import { cardRequest, messageOf, rowsOf, startReadyServer } from "../support/server-process.js";

test("a row whose schedule the checkpoint cannot run is refused by its number, before any network runs", async (t) => {
  const server = await startReadyServer(t, { MAX_STEPS: "1000" });
  const { input_data } = cardRequest({ num_inference_steps: 1 });
  const [first, second] = input_data.data;
  const score = (last: object) =>
    server.score({ input_data: { ...input_data, data: [first, { ...second, ...last }] } });

  const reply = await score({ num_inference_steps: 1000 });
  assert.equal(reply.status, 400, reply.text.slice(0, 500));
  assert.match(messageOf(reply), /^data\[1\]: num_inference_steps gives a schedule that begins at timestep/);

  const together = messageOf(await score({ num_inference_steps: 1000, image: "%" }));
  assert.match(together, /data\[1\]: num_inference_steps /);
  assert.match(together, /data\[1\]\.image: not base64/);

  assert.equal(await server.metric("inpaint_unet_calls_planned_total"), 0);
  assert.equal(await server.metric('inpaint_stage_seconds_count{stage="text"}'), 0);
  assert.equal(rowsOf(await score({})).length, 2);
  assert.equal(await server.metric('inpaint_stage_seconds_count{stage="text"}'), 2);
});
