/** @file Images by URL against the running server: over TLS with an authority of the operator's, and from nowhere else. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { serve, serveTls } from "../remote-images/image-server.js";
import { sampleImageFile, sampleMaskFile } from "../support/sample.js";
import { messageOf, oneRowRequest, rowsOf, startReadyServer } from "../support/server-process.js";

const tlsFile = (name: string) =>
  fileURLToPath(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url));
const SECRET = "sv=2024-11-04&sig=hush%3D";
const STEPS = { num_inference_steps: 1, seed: 7 };

test("images by URL", async (t) => {
  const asked: (string | undefined)[] = [];
  const tls = { key: await readFile(tlsFile("key.pem")), cert: await readFile(tlsFile("certificate.pem")) };
  const port = await serveTls(t, tls, ({ url }, response) => {
    asked.push(url);
    if (url?.startsWith("/image.png")) response.end(sampleImageFile);
    else if (url?.startsWith("/mask.png")) response.end(sampleMaskFile);
    else if (url?.startsWith("/text")) response.end("no picture");
    else if (url?.startsWith("/inner"))
      response.writeHead(302, { location: `https://127.0.0.2:${port}/secret` }).end();
    else response.writeHead(404).end("hush");
  });
  const plainPort = await serve(t, (_request, response) => response.end(sampleImageFile));
  const at = (path: string) => `https://127.0.0.1:${port}/${path}?${SECRET}`;
  const server = await startReadyServer(t, {
    IMAGE_URL_HOSTS: `127.0.0.1:${port},127.0.0.2:${port},127.0.0.1:${plainPort}`,
    IMAGE_URL_PRIVATE_ADDRESSES: "127.0.0.1",
    NODE_EXTRA_CA_CERTS: tlsFile("certificate.pem"),
  });

  await t.test("an image and a mask by URL give the bytes that they give when they are sent", async () => {
    const sent = await server.score(oneRowRequest(STEPS));
    const urls = { image: ` ${at("image.png")}\n`, mask_image: at("mask.png") };
    const fetched = await server.score(oneRowRequest(STEPS, urls));
    assert.equal(rowsOf(fetched)[0]?.generated_image, rowsOf(sent)[0]?.generated_image);
    assert.deepEqual(asked.splice(0).sort(), [`/image.png?${SECRET}`, `/mask.png?${SECRET}`]);
    assert.equal(await server.metric('inpaint_stage_seconds_count{stage="imageFetch"}'), 2);
  });

  await t.test(
    "the row's timings tell what was fetched, and of a row that was sent they do not",
    async () => {
      const fetched = await server.score(
        oneRowRequest({ ...STEPS, details: true }, { image: at("image.png") }),
      );
      assert.match(fetched.text, /"timings":\{"imageFetch":[\d.]+,"imageDecode":/);
      const sent = await server.score(oneRowRequest({ ...STEPS, details: true }));
      assert.doesNotMatch(sent.text, /imageFetch/);
    },
  );

  await t.test("every URL's problem is told with its field, beside the request's others", async () => {
    const { input_data } = oneRowRequest({ num_inference_steps: "many" });
    const [row] = input_data.data;
    const data = [
      { ...row, image: at("none") },
      { ...row, mask_image: at("text") },
      { ...row, image: at("inner"), mask_image: `https://other.test/x?${SECRET}` },
      { ...row, image: `http://127.0.0.1:${plainPort}/` },
    ];
    const reply = await server.score({ input_data: { ...input_data, data } });
    assert.equal(reply.status, 400);
    const host = `https://127.0.0.1:${port}/…`;
    const [parameters, ...images] = messageOf(reply).split(/; (?=data\[)/);
    assert.match(String(parameters), /num_inference_steps/);
    assert.deepEqual(
      images.filter((problem) => !problem.startsWith("data[1]")),
      [
        `data[0].image: ${host}: answered 404`,
        `data[2].image: ${host}: redirected: its host was not found, or has an address that is not public`,
        "data[2].mask_image: https://other.test/…: its host is none that images are fetched from",
        `data[3].image: http://127.0.0.1:${plainPort}/…: only https URLs are fetched`,
      ],
    );
    assert.match(
      String(images.find((problem) => problem.startsWith("data[1]"))),
      /^data\[1\]\.mask_image: .*not an image/,
    );
  });

  await t.test("no log line has a URL's query or path", () => {
    assert.ok(server.process.records.length > 0);
    assert.doesNotMatch(JSON.stringify(server.process.records), /hush|image\.png|inner/);
  });
});

test("without a host named, URLs are refused as ever", async (t) => {
  const server = await startReadyServer(t);
  const reply = await server.score(oneRowRequest(STEPS, { image: `https://127.0.0.1/x?${SECRET}` }));
  assert.equal(reply.status, 400);
  assert.equal(messageOf(reply), "data[0].image: URLs are not accepted; send the image itself as base64");
});
