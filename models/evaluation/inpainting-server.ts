/**
 * @file A server as an operator starts it, asked over HTTP for one picture at a time. Knows the contract's request and
 * answer; knows no measure.
 */
import { request as httpRequest } from "node:http";
import sharp from "sharp";
import { ServerProcess } from "../../src/bin/server-process.js";
import type { RgbImage } from "../../src/tensor/rgb-image.js";
import type { Mask } from "../scenes/masks/mask.js";

export interface Inpainting {
  readonly image: RgbImage;
  readonly mask: Mask;
  readonly prompt: string;
  readonly seed: number;
  /** The server's default where absent. */
  readonly guidanceScale?: number;
}

/** Whether a picture's size has to be asked for: the embedded model's own is what a request gets that names none. */
const NATIVE_SIDE = 512;

export class InpaintingServer {
  readonly #process: ServerProcess;
  readonly #url: string;

  private constructor(process: ServerProcess, url: string) {
    this.#process = process;
    this.#url = url;
  }

  /** Ready to answer. `modelDir` absent: the embedded model. Of the environment only what a process needs to run. */
  static async start(modelDir?: string): Promise<InpaintingServer> {
    const process_ = new ServerProcess({
      PATH: process.env.PATH,
      ...(modelDir !== undefined && { MODEL_DIR: modelDir }),
    });
    try {
      const url = await process_.listening();
      await process_.workerReady();
      return new InpaintingServer(process_, url);
    } catch (error) {
      await process_.stop();
      throw error;
    }
  }

  /** Rejects with the server's message when it refuses. */
  async inpaint({ image, mask, prompt, seed, guidanceScale }: Inpainting): Promise<RgbImage> {
    const { width, height } = image;
    const native = width === NATIVE_SIDE && height === NATIVE_SIDE;
    const parameters = {
      seed,
      ...(guidanceScale !== undefined && { guidance_scale: guidanceScale }),
      ...(!native && { width, height }),
    };
    const row = {
      prompt,
      image: await png(image.data, width, height, 3),
      mask_image: await png(mask.bytes, width, height, 1),
    };
    const { status, text } = await post(
      `${this.#url}/score`,
      JSON.stringify({
        input_data: { columns: ["prompt", "image", "mask_image"], data: [row], parameters },
      }),
    );
    if (status !== 200) throw new Error(`/score answered ${status}: ${text.slice(0, 500)}`);
    return decoded(generatedImage(text));
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}

async function png(data: Uint8Array, width: number, height: number, channels: 1 | 3): Promise<string> {
  const file = await sharp(data, { raw: { width, height, channels } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return file.toString("base64");
}

/** Without a limit of time, which `fetch` has: a busy machine may take minutes for a picture. */
function post(url: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    httpRequest(url, { method: "POST", headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    })
      .on("error", reject)
      .end(body);
  });
}

/** Throws an Error with the row's own when it failed: its picture is empty then, and the status 200. */
function generatedImage(text: string): Buffer {
  const rows: unknown = JSON.parse(text);
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  if (typeof row !== "object" || row === null || !("generated_image" in row) || row.generated_image === "")
    throw new Error(`/score answered without a picture: ${text.slice(0, 500)}`);
  return Buffer.from(String(row.generated_image), "base64");
}

async function decoded(file: Buffer): Promise<RgbImage> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}
