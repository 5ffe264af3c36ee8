/** @file Where tests find what the repository ships. Tests run from dist/test/. */
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);

export const rootPath = fileURLToPath(root);
/** A whole diffusers checkpoint of random weights, 4.5 MB, whose numbers the goldens hold. */
export const randomCheckpointPath = fileURLToPath(new URL("test/fixtures/random-checkpoint", root));
export const fixturePath = (name: string): string => fileURLToPath(new URL(`test/fixtures/${name}`, root));
