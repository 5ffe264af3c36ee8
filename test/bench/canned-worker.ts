/** @file A worker process of the HTTP bench: takes jobs and answers as the engine's do, over the same channel, at once. */

import type { InpaintJob } from "../../src/diffusion/inpaint-job.js";
import { PartReceiver, PartSender } from "../../src/engine/message-parts.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import { samplePictures } from "../support/sample.js";

export interface CannedRun {
  readonly id: number;
  readonly job: InpaintJob;
}
export interface CannedDone {
  readonly id: number;
  readonly image: RgbImage;
}

const SIDE = 512;
const { image: answer } = samplePictures(SIDE);
const sender = new PartSender(
  (message) => new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve())),
);
const receiver = new PartReceiver();

const isRun = (message: unknown): message is CannedRun =>
  typeof message === "object" && message !== null && "job" in message;

process.on("message", (received) => {
  const message = receiver.receive(received);
  if (!isRun(message)) return;
  const { id, job } = message;
  // With padding_mask_crop a result has the size of its input, else the model's own.
  const image = job.paddingMaskCrop === undefined ? answer : job.image;
  void sender.send({ id, image } satisfies CannedDone);
});
process.on("disconnect", () => process.exit(0));
