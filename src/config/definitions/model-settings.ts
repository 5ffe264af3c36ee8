/** @file Which model is served, and on what. Knows no network. */
import type { Setting } from "../setting-kinds.js";

export const MODEL_SETTINGS = {
  modelDir: {
    kind: "path",
    env: "MODEL_DIR",
    secondEnv: "AZUREML_MODEL_DIR",
    whenAbsent: "the embedded model",
    doc: "A diffusers folder, a single-file checkpoint, or a folder that holds either a few levels down, as a hub cache or Azure ML's mount does. `AZUREML_MODEL_DIR`, which Azure ML sets by itself, is read when `MODEL_DIR` is absent.",
  },
  variant: {
    kind: "text",
    env: "VARIANT",
    fallback: "",
    allowed: "letters, digits, `-` and `_`",
    pattern: /^[\w-]{1,32}$/,
    doc: "Which copy of the weights to open where a folder holds several: `fp16` is `model.fp16.safetensors`. Empty: the copy without such a word.",
  },
  tokenizerDir: {
    kind: "path",
    env: "TOKENIZER_DIR",
    whenAbsent: "the checkpoint's own",
    doc: "Folder with `tokenizer_config.json` and `vocab.json` with `merges.txt`, or `tokenizer.json`. A single-file checkpoint holds no tokenizer; without this setting a `tokenizer` folder beside it is read.",
  },
  predictionType: {
    kind: "choice",
    env: "PREDICTION_TYPE",
    fallback: "",
    choices: ["", "epsilon", "v_prediction", "sample"],
    doc: "What the UNet was trained to predict; wins over the checkpoint. Empty: the checkpoint says it, which a single file does not always do.",
  },
  executionProvider: {
    kind: "choice",
    env: "EXECUTION_PROVIDER",
    fallback: "auto",
    choices: ["auto", "cpu", "cuda", "webgpu", "tensorrt"],
    doc: "What the networks run on. `auto` takes the best that works here; one that is named and does not work is an error at start. `tensorrt` is experimental.",
  },
} as const satisfies Record<string, Setting>;
