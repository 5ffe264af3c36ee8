/**
 * @file A server as an operator starts it, asked over HTTP with one picture a request. Knows the contract's request and
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

export class InpaintingServer {
  readonly #process: ServerProcess;
  readonly #url: string;

  private constructor(process: ServerProcess, url: string) {
    this.#process = process;
    this.#url = url;
  }

  /** Ready to answer. `modelDir` absent: the embedded model. Of the environment only what a process needs to run. */
  static async start(modelDir?: string): Promise<InpaintingServer> {
    const serverProcess = new ServerProcess({
      PATH: process.env.PATH,
      ...(modelDir !== undefined && { MODEL_DIR: modelDir }),
    });
    try {
      const url = await serverProcess.listening();
      await serverProcess.workerReady();
      return new InpaintingServer(serverProcess, url);
    } catch (error) {
      await serverProcess.stop();
      throw error;
    }
  }

  /** Rejects with the server's message when it refuses. */
  async inpaint(inpainting: Inpainting): Promise<RgbImage> {
    return decoded(generatedImage(await this.#score(await requestBody(inpainting))));
  }

  /** Milliseconds from the request's first byte to the answer's last, without this side's work on the pictures. */
  async timeMs(inpainting: Inpainting): Promise<number> {
    const body = await requestBody(inpainting);
    const startMs = performance.now();
    const text = await this.#score(body);
    const tookMs = performance.now() - startMs;
    generatedImage(text);
    return tookMs;
  }

  async #score(body: string): Promise<string> {
    const { status, text } = await post(`${this.#url}/score`, body);
    if (status !== 200) throw new Error(`/score answered ${status}: ${text.slice(0, 500)}`);
    return text;
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}

/** The picture's size is asked for: a request without one gets the model's own. */
async function requestBody({ image, mask, prompt, seed, guidanceScale }: Inpainting): Promise<string> {
  const { width, height } = image;
  const parameters = {
    seed,
    width,
    height,
    ...(guidanceScale !== undefined && { guidance_scale: guidanceScale }),
  };
  const row = {
    prompt,
    image: await png(image.data, width, height, 3),
    mask_image: await png(mask.bytes, width, height, 1),
  };
  const columns = ["prompt", "image", "mask_image"];
  return JSON.stringify({ input_data: { columns, data: [row], parameters } });
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
