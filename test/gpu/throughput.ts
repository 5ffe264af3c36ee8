/** @file Latency and images per second, by the rows of one UNet call. Knows no limit: figures are printed, not judged. */
import type { LoadedModel } from "../../src/engine/worker/loaded-model.js";
import { allFinite } from "../../src/tensor/finite.js";
import { tensor } from "../../src/tensor/tensor.js";
import { FULL_SIZE_PARAMETERS, TFLOP } from "../full-size/operations.js";
import { noiseFloats } from "../support/integer-noise.js";
import { type Duration, measure } from "./measure.js";
import type { Report } from "./report.js";
import type { UnetRows } from "./unet-rows.js";

const STEPS = [20, 50] as const;
const IMAGE_SIZE = 512;
const GUIDED_ROWS = 2;

export interface ImageCost {
  /** UNet calls that one image goes through. */
  readonly steps: number;
  /** Of one UNet call. */
  readonly rows: number;
  readonly unetMs: number;
  /** Text encoder, VAE encoder and decoder for one image. */
  readonly aroundMs: number;
}

/** With guidance, when every call is full: each image pays for two of its rows. */
export const imagesPerSecond = ({ steps, rows, unetMs, aroundMs }: ImageCost): number =>
  1000 / ((steps * unetMs * GUIDED_ROWS) / rows + aroundMs);

/** Of one image in such calls, its own encoding and decoding included, nobody else's. Calls of one row: two a step. */
export const latencyMs = ({ steps, rows, unetMs, aroundMs }: ImageCost): number =>
  steps * unetMs * Math.ceil(GUIDED_ROWS / rows) + aroundMs;

/** Rows that cannot run fail and the next size is tried. */
export async function reportThroughput(
  model: LoadedModel,
  unetRows: UnetRows,
  batches: readonly number[],
  report: Report,
): Promise<void> {
  const counted = hasCountedSize(model);
  const { height, width, vaeScaleFactor: scale } = model.geometry;
  report.line(
    `timing ${model.info.name}, ${model.info.weightsDtype}, at ${width}×${height}, each size warmed first`,
  );
  const { ids } = model.tokenizer.encode("a yellow cat on a park bench");
  const image = tensor<"B,3,H,W">([1, 3, height, width], noiseFloats(3 * height * width, 4));
  const latentShape = [1, 4, height / scale, width / scale];
  const latents = tensor<"B,4,h,w">(latentShape, noiseFloats((4 * height * width) / scale ** 2, 5));
  const { networks } = model;
  report.line(
    `${"".padEnd(28)}${["ms", "least", "most", "TFLOP/s"].map((name) => name.padStart(10)).join("")}`,
  );
  const time = async (name: string, tflop: number, run: () => Promise<unknown>) => {
    const duration = await measure(run);
    const cells = [duration.medianMs, duration.leastMs, duration.mostMs].map((ms) => ms.toFixed(2));
    report.line(
      name.padEnd(28) + [...cells, rate(tflop, duration, counted)].map((cell) => cell.padStart(10)).join(""),
    );
    return duration.medianMs;
  };
  const textMs = await time("text encoder, one prompt", TFLOP.text, () => networks.encodePrompt(ids, 0));
  const encodeMs = await time("VAE encoder, one image", TFLOP.vaeEncoder, () => networks.encodeImage(image));
  const decodeMs = await time("VAE decoder, one image", TFLOP.vaeDecoder, () =>
    networks.decodeLatents(latents),
  );
  const aroundMs = GUIDED_ROWS * textMs + encodeMs + decodeMs;

  report.line();
  report.line("UNet; images with guidance, two prompts, one encoding and one decoding each:");
  const columns = ["rows", "ms/call", "least", "most", "ms/row", "TFLOP/s"];
  const ofSteps = STEPS.flatMap((steps) => [`s at ${steps}`, `img/s at ${steps}`]);
  report.line([...columns, ...ofSteps].map((name) => name.padStart(12)).join(""));
  for (const rows of batches) {
    const call = unetRows.prepare(Array.from({ length: rows }, (_, row) => row));
    try {
      if (!allFinite((await call()).data)) throw new Error("the UNet answers NaN or infinity");
      const duration = await measure(call);
      const { medianMs, leastMs, mostMs } = duration;
      const cells = STEPS.flatMap((steps) => {
        const cost = { steps, rows, unetMs: medianMs, aroundMs };
        return [(latencyMs(cost) / 1000).toFixed(3), imagesPerSecond(cost).toFixed(3)];
      });
      const times = [medianMs, leastMs, mostMs, medianMs / rows].map((ms) => ms.toFixed(2));
      const line = [String(rows), ...times, rate(rows * TFLOP.unet, duration, counted), ...cells];
      report.line(line.map((cell) => cell.padStart(12)).join(""));
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      report.verdict(`${String(rows).padStart(12)}  does not run: ${reason}`, false);
    }
  }
}

/** Operations were counted for one architecture at one size. */
function hasCountedSize({ info, geometry }: LoadedModel): boolean {
  const { textEncoder, unet, vae } = info.parameterCounts;
  return (
    textEncoder === FULL_SIZE_PARAMETERS.textEncoder &&
    unet === FULL_SIZE_PARAMETERS.unet &&
    vae === FULL_SIZE_PARAMETERS.vae &&
    geometry.height === IMAGE_SIZE &&
    geometry.width === IMAGE_SIZE
  );
}

const rate = (tflop: number, { medianMs }: Duration, counted: boolean): string =>
  counted ? ((tflop * 1000) / medianMs).toFixed(2) : "–";
