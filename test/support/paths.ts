/** @file Where tests find what the repository ships. Tests run from dist/test/. */
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);

export const rootPath = fileURLToPath(root);
export const modelPath = fileURLToPath(new URL("models/stable-diffusion-2-inpainting-tiny", root));
export const fixturePath = (name: string): string => fileURLToPath(new URL(`test/fixtures/${name}`, root));
