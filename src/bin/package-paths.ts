/** @file Where the files that ship with the program lie. Knows the layout of the package; opens nothing. */
import { fileURLToPath } from "node:url";

const fromRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** The checkpoint served when the operator names none. */
export const EMBEDDED_MODEL_DIR = fromRoot("models/stable-diffusion-2-inpainting-tiny");
export const SAMPLE_IMAGE = fromRoot("test/fixtures/dog-on-bench/image.png");
export const SAMPLE_MASK = fromRoot("test/fixtures/dog-on-bench/mask.png");
export const DEMO_OUTPUT_DIR = fromRoot("demo-output");
export const SERVER_MAIN = fileURLToPath(new URL("./server.js", import.meta.url));
