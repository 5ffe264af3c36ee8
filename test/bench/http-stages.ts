/** @file What one sample request costs at each stage, alone and one after the other. Prints a table. */
import { isUtf8 } from "node:buffer";
import { inSlices } from "../../src/async/in-slices.js";
import { textTable } from "../../src/bin/text-table.js";
import { BARE_ROWS, jsonRows } from "../../src/http/answer/json-rows.js";
import { scanJson } from "../../src/http/body/json-scan.js";
import { LiftedTexts } from "../../src/http/body/long-texts.js";
import { decodeBase64 } from "../../src/scoring/base64.js";
import { codec, sampleImageFile, sampleMaskFile } from "../support/sample.js";
import { median } from "../support/statistics.js";
import { base64, inLines, sampleRequest } from "./http-requests.js";

const REPEATS = 40;
const never = new AbortController().signal;
const UPRIGHT = { exifTranspose: false, onWarning: () => {} };

/** Milliseconds of processor time, of all threads: of the middle one of REPEATS. */
async function cpuMsOf(work: () => unknown): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    samples.push((user + system) / 1000);
  }
  return median(samples);
}

export async function printStages(): Promise<void> {
  const files = [sampleImageFile, sampleMaskFile];
  const image = await codec.decode(sampleImageFile);
  const file = await codec.encode(image, { format: "png" });
  const rows: string[][] = [];
  const dressings = [(text: string) => text, inLines];
  async function add(stage: string, work: (dress: (text: string) => string) => () => unknown): Promise<void> {
    const ms = [];
    for (const dress of dressings) ms.push((await cpuMsOf(work(dress))).toFixed(2));
    rows.push([stage, ...ms]);
  }

  await add("check UTF-8", (dress) => {
    const body = sampleRequest(dress);
    return () => isUtf8(body);
  });
  await add("scan", (dress) => {
    const body = sampleRequest(dress);
    return () => inSlices(scanJson(body));
  });
  await add("parse and put back", (dress) => {
    const body = sampleRequest(dress);
    return async () => {
      const { longTexts, end } = await inSlices(scanJson(body));
      const lifted = await inSlices(LiftedTexts.lift(body, longTexts, end));
      return inSlices(lifted.putBack(JSON.parse(lifted.skeleton)));
    };
  });
  await add("base64 to bytes", (dress) => {
    const texts = files.map((bytes) => dress(base64(bytes)));
    return () => Promise.all(texts.map((text) => decodeBase64(text, never)));
  });
  await add("read headers", () => () => Promise.all(files.map((bytes) => codec.countPixels(bytes))));
  await add("decode", () => () => Promise.all(files.map((bytes) => codec.decode(bytes, UPRIGHT))));
  await add("encode a PNG", () => () => codec.encode(image, { format: "png" }));
  await add(
    "answer's JSON and base64",
    () => () => [...jsonRows([{ generated_image: file }], BARE_ROWS)].length,
  );
  const head = ["CPU ms of one request", "one line", "encodebytes"];
  process.stdout.write(`${textTable([head, ...rows])}\n\n`);
}
