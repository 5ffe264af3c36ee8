import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { pngChunk } from "../support/png-chunk.js";
import { sampleImageFile } from "../support/sample.js";
import {
  cardRequest,
  messageOf,
  oneRowRequest,
  rowsOf,
  startReadyServer,
} from "../support/server-process.js";

const MAX_BODY_BYTES = 3_000_000;

/** A whole and valid PNG of `size`×`size` black pixels at 1 bit each: kilobytes that would unfold to gigabytes. */
function pngBomb(size: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header[8] = 1; // bit depth; colour type 0 is grey
  const pixels = deflateSync(Buffer.alloc(size * (1 + Math.ceil(size / 8))), { level: 1 });
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", pixels),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64");
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
const row = (changes: Readonly<Record<string, unknown>>) => oneRowRequest({}, changes);
const parameters = oneRowRequest;
/** JSON.stringify cannot write what is not JSON. */
const withLiteral = (literal: string) =>
  JSON.stringify(parameters({ guidance_scale: "HERE" })).replace('"HERE"', literal);

interface BadInput {
  readonly body: unknown;
  readonly type?: string;
  /** 400 where it is left out. */
  readonly status?: 413 | 415;
  /** Each must be in the message: what is wrong, and where. */
  readonly says: readonly (string | RegExp)[];
}

const BAD_INPUTS: Readonly<Record<string, BadInput>> = {
  "not JSON": { body: '{"input_data": ', says: ["could not be decoded as JSON"] },
  "not UTF-8": { body: Buffer.from([0x22, 0xff, 0x22]), says: ["could not be decoded as JSON"] },
  "an empty body": { body: "", says: ["POST body is empty"] },
  "a wrong content type": { body: row({}), type: "text/plain", status: 415, says: ["application/json"] },
  "JSON that is no object": { body: [], says: ["should be a JSON dictionary"] },
  "no input_data": { body: { data: [] }, says: ["'input_data'"] },
  "input_data that is text": { body: { input_data: "x" }, says: ["input_data", /expected an object.*"x"/] },
  "no rows": {
    body: { input_data: { columns: ["prompt"], data: [] } },
    says: ["input_data.data", "no rows"],
  },
  "a missing column": {
    body: { input_data: { columns: ["prompt", "image"], data: [["x", "y"]] } },
    says: ["data[0].mask_image", "missing"],
  },
  "a missing mask": { body: row({ mask_image: undefined }), says: ["data[0].mask_image", "missing"] },
  "a missing image": { body: row({ image: null }), says: ["data[0].image", "missing"] },
  "rows of unequal length": {
    body: {
      input_data: {
        columns: ["prompt", "image", "mask"],
        data: [
          ["a", "b", "c"],
          ["a", "b"],
        ],
      },
    },
    says: ["data[1]", "2 values for 3 columns"],
  },
  "a prompt that is a number": { body: row({ prompt: 5 }), says: ["data[0].prompt", /expected text, got 5/] },
  "an image that is not base64": {
    body: row({ image: "%%%" }),
    says: ["data[0].image", "not base64", '"%"'],
  },
  "base64 of text": {
    body: row({ image: base64("just some text") }),
    says: ["data[0].image", "not an image"],
  },
  "a truncated PNG": {
    body: row({ image: base64(sampleImageFile.subarray(0, 20_000)) }),
    says: ["data[0].image", "PNG cannot be decoded"],
  },
  "an SVG": { body: row({ mask_image: base64(SVG) }), says: ["data[0].mask_image", "SVG", "accepted are"] },
  "a PNG bomb": {
    body: row({ image: base64(pngBomb(30_000)) }),
    says: ["data[0].image", "30000×30000", "at most"],
  },
  "no steps": {
    body: parameters({ num_inference_steps: 0 }),
    says: ["num_inference_steps", /from 1 to \d+, got 0/],
  },
  "too many steps": {
    body: parameters({ num_inference_steps: 10_000 }),
    says: ["num_inference_steps", "got 10000"],
  },
  "text for a number": {
    body: parameters({ num_inference_steps: "5" }),
    says: ["num_inference_steps", 'got "5"'],
  },
  "half a step": { body: parameters({ num_inference_steps: 1.5 }), says: ["num_inference_steps", "got 1.5"] },
  "an unknown parameter": {
    body: parameters({ strenght: 1 }),
    says: ["input_data.parameters", '"strenght"'],
  },
  "an unknown scheduler": {
    body: parameters({ scheduler: "Euler" }),
    says: ["scheduler", "PNDM, DDIM", '"Euler"'],
  },
  "guidance that is the word NaN": { body: withLiteral("NaN"), says: ["could not be decoded as JSON"] },
  "guidance that is the text NaN": { body: withLiteral('"NaN"'), says: ["guidance_scale", 'got "NaN"'] },
  "guidance beyond all numbers": { body: withLiteral("1e999"), says: ["guidance_scale", "got Infinity"] },
  "a negative seed": { body: parameters({ seed: -1 }), says: ["parameters.seed", "got -1"] },
  "a row's own bad parameter": { body: row({ seed: 0.5 }), says: ["data[0].seed", "got 0.5"] },
  "a body over the limit": {
    body: JSON.stringify({ input_data: "x".repeat(MAX_BODY_BYTES) }),
    status: 413,
    says: [String(MAX_BODY_BYTES)],
  },
};

test("bad input is refused with a message that says what and where", async (t) => {
  const server = await startReadyServer(t, { MAX_BODY_BYTES: String(MAX_BODY_BYTES) });

  for (const [what, { body, type, status = 400, says }] of Object.entries(BAD_INPUTS)) {
    await t.test(what, async (t) => {
      const reply = await server.score(body, type === undefined ? {} : { type });
      assert.equal(reply.status, status, reply.text.slice(0, 500));
      const message = messageOf(reply);
      for (const part of says) {
        if (typeof part === "string") assert.ok(message.includes(part), `"${part}" is not in: ${message}`);
        else assert.match(message, part);
      }
      assert.ok(message.length < 1000);
      t.diagnostic(message);
    });
  }

  await t.test("every bad row and field of a request is named", async () => {
    const { input_data } = cardRequest({ num_inference_steps: "many" });
    const [first, second] = input_data.data;
    const data = [
      { ...first, image: "%" },
      { ...second, mask_image: base64("text"), seed: "x" },
    ];
    const message = messageOf(await server.score({ input_data: { ...input_data, data } }));
    for (const where of [
      "parameters.num_inference_steps",
      "data[0].image",
      "data[1].mask_image",
      "data[1].seed",
    ]) {
      assert.ok(message.includes(where), `${where} is not in: ${message}`);
    }
  });

  await t.test("one bad row among good ones: the request is refused whole, and no network runs", async () => {
    const { input_data } = cardRequest({ num_inference_steps: 1 });
    const [first, second] = input_data.data;
    const reply = await server.score({
      input_data: { ...input_data, data: [first, { ...second, image: "%" }] },
    });
    assert.equal(reply.status, 400);
    assert.match(messageOf(reply), /^data\[1\]\.image: /);
  });

  await t.test("none of it reached the model, and the server still serves", async () => {
    assert.equal(await server.metric("inpaint_unet_calls_planned_total"), 0);
    assert.equal((await server.get("/health/ready")).status, 200);
    assert.equal(rowsOf(await server.score(cardRequest({ num_inference_steps: 1 }))).length, 2);
    assert.equal(await server.metric("inpaint_worker_restarts_total"), 0);
  });
});
