/**
 * @file What the metadata of a single file says its UNet predicts. Knows the keys; does not know whether to believe them.
 * Reference: Stability-AI/ModelSpec 1.0.0, which says "v" or "epsilon". kohya-ss/sd-scripts writes `prediction_type`,
 * ComfyUI `predict_key`; the architecture's name says it too.
 */

/** The first one that is there counts. */
const PREDICTION_KEYS = ["modelspec.prediction_type", "modelspec.predict_key"] as const;
const ARCHITECTURE_KEY = "modelspec.architecture";

const WORDS: ReadonlyMap<string, "epsilon" | "v_prediction"> = new Map([
  ["epsilon", "epsilon"],
  ["v", "v_prediction"],
  ["v_prediction", "v_prediction"],
]);

/** Names that are given to models of one kind alone; what follows a slash is an adapter's. */
const ARCHITECTURES: ReadonlyMap<string, "epsilon" | "v_prediction"> = new Map([
  ["stable-diffusion-v1", "epsilon"],
  ["stable-diffusion-v1-inpainting", "epsilon"],
  ["stable-diffusion-v2-512", "epsilon"],
  ["stable-diffusion-v2-inpainting", "epsilon"],
  ["stable-diffusion-v2-768-v", "v_prediction"],
]);

const MAX_SHOWN_CHARS = 40;

export interface ModelSpec {
  /** Key and value, for messages. */
  readonly said: string;
  /** Undefined for a word that means neither kind. */
  readonly predictionType: "epsilon" | "v_prediction" | undefined;
}

/** Undefined where the metadata says nothing about it. */
export function readModelSpec(metadata: ReadonlyMap<string, string>): ModelSpec | undefined {
  for (const key of PREDICTION_KEYS) {
    const word = metadata.get(key);
    if (word !== undefined) return { said: shown(key, word), predictionType: WORDS.get(word.toLowerCase()) };
  }
  const architecture = metadata.get(ARCHITECTURE_KEY) ?? "";
  const predictionType = ARCHITECTURES.get(architecture);
  return predictionType && { said: shown(ARCHITECTURE_KEY, architecture), predictionType };
}

const shown = (key: string, value: string) => `${key} ${JSON.stringify(value.slice(0, MAX_SHOWN_CHARS))}`;
