/**
 * @file Every setting the operator has: variable, unit, default, range, reason.
 * Knows no reader of `process.env` (bin/ passes it in) and nothing of what a caller may ask for.
 */

/** A whole number, written in decimal digits. */
export interface IntegerSetting {
  readonly kind: "integer";
  readonly env: string;
  /** Read when `env` is absent. */
  readonly secondEnv?: string;
  readonly unit:
    | "bytes"
    | "characters"
    | "images"
    | "jobs"
    | "megapixel rows"
    | "ms"
    | "pixels"
    | "port"
    | "processes"
    | "rows"
    | "steps"
    | "threads";
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  readonly doc: string;
}

/** One of a closed set of words. */
export interface ChoiceSetting<Choice extends string = string> {
  readonly kind: "choice";
  readonly env: string;
  readonly fallback: Choice;
  readonly choices: readonly Choice[];
  readonly doc: string;
}

export interface TextSetting {
  readonly kind: "text";
  readonly env: string;
  readonly fallback: string;
  /** What it may be, in words; `pattern` enforces it where the words can be. */
  readonly allowed: string;
  readonly pattern?: RegExp;
  readonly doc: string;
}

/** A path that may be absent. `env` wins over `secondEnv`. */
export interface PathSetting {
  readonly kind: "path";
  readonly env: string;
  readonly secondEnv?: string;
  readonly whenAbsent: string;
  readonly doc: string;
}

export type Setting = IntegerSetting | ChoiceSetting | TextSetting | PathSetting;

/** From the quietest to the most talkative; the names are pino's. */
export const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const SETTINGS = {
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
  host: {
    kind: "text",
    env: "HOST",
    fallback: "0.0.0.0",
    allowed: "an address or host name",
    doc: "Address to listen on. All interfaces by default: inside a container nothing else is reachable from outside.",
  },
  port: {
    kind: "integer",
    env: "PORT",
    unit: "port",
    fallback: 5001,
    min: 0,
    max: 65_535,
    doc: "Port to listen on; Azure ML probes and scores on 5001. 0 takes any free port.",
  },
  workerThreads: {
    kind: "integer",
    env: "WORKER_THREADS",
    unit: "threads",
    fallback: 0,
    min: 0,
    max: 1024,
    doc: "Threads that each worker computes with. 0 divides the cores of the machine that the process may run on among the workers: Node 20 does not see a container's CPU quota, so with one set this to it.",
  },
  defaultSteps: {
    kind: "integer",
    env: "DEFAULT_STEPS",
    unit: "steps",
    fallback: 50,
    min: 1,
    max: 1000,
    doc: "`num_inference_steps` of a request that names none. The reference's default is 50; a slow device may want fewer.",
  },
  defaultScheduler: {
    kind: "choice",
    env: "DEFAULT_SCHEDULER",
    fallback: "",
    choices: [
      "",
      "PNDM",
      "DDIM",
      "DDPM",
      "LMSDiscrete",
      "EulerDiscrete",
      "EulerAncestralDiscrete",
      "HeunDiscrete",
      "DPMSolverMultistep",
      "UniPCMultistep",
      "LCM",
      "DPMSolverSinglestep",
      "KDPM2Discrete",
      "KDPM2AncestralDiscrete",
      "DEISMultistep",
    ],
    doc: "`scheduler` of a request that names none. Empty: the checkpoint's own.",
  },
  maxSteps: {
    kind: "integer",
    env: "MAX_STEPS",
    unit: "steps",
    fallback: 150,
    min: 1,
    max: 1000,
    doc: "Largest `num_inference_steps` accepted: it bounds how long one row can hold the device. A schedule has 1000 timesteps at most.",
  },
  maxRows: {
    kind: "integer",
    env: "MAX_ROWS",
    unit: "rows",
    fallback: 16,
    min: 1,
    max: 256,
    doc: "Most rows in one request, each counted as many times as it asks for images: they are answered together, so the client waits for all of them, and their seeds share one header.",
  },
  maxImagesPerPrompt: {
    kind: "integer",
    env: "MAX_IMAGES_PER_PROMPT",
    unit: "images",
    fallback: 4,
    min: 1,
    max: 256,
    doc: "Largest `num_images_per_prompt` accepted: each image is a job of its own, and counts for `MAX_ROWS`.",
  },
  maxOutputPixels: {
    kind: "integer",
    env: "MAX_OUTPUT_PIXELS",
    unit: "pixels",
    fallback: 1_048_576,
    min: 4096,
    max: 67_108_864,
    doc: "Most pixels of an image whose `height` or `width` is asked for, both rounded up to multiples of 8, which is the size computed at: the UNet's memory grows with their square. The model's own size is never refused.",
  },
  maxBodyBytes: {
    kind: "integer",
    env: "MAX_BODY_BYTES",
    unit: "bytes",
    fallback: 33_554_432,
    min: 1024,
    max: 268_435_456,
    doc: "Largest request body. A row with two 512×512 PNGs is about 0.6 MB. The upper end stays under the longest string JavaScript can hold.",
  },
  maxPixels: {
    kind: "integer",
    env: "MAX_PIXELS",
    unit: "pixels",
    fallback: 16_777_216,
    min: 4096,
    max: 268_000_000,
    doc: "Most pixels (width × height) of one input image, read from its header before it is decoded: a file of a few kB can unfold to gigabytes.",
  },
  maxRequestPixels: {
    kind: "integer",
    env: "MAX_REQUEST_PIXELS",
    unit: "pixels",
    fallback: 67_108_864,
    min: 4096,
    max: 2_000_000_000,
    doc: "Most pixels of all input images of one request together, which are in memory at the same time at 3 bytes each.",
  },
  maxDecodedPixels: {
    kind: "integer",
    env: "MAX_DECODED_PIXELS",
    unit: "pixels",
    fallback: 268_435_456,
    min: 4096,
    max: 100_000_000_000,
    doc: "Most pixels of all input images of all requests that wait or run, in memory at 3 bytes each. A request that finds no room is refused with 429; one that is alone always has room.",
  },
  maxResponsePixels: {
    kind: "integer",
    env: "MAX_RESPONSE_PIXELS",
    unit: "pixels",
    fallback: 67_108_864,
    min: 4096,
    max: 100_000_000,
    doc: "Most pixels of all images of one answer together, which are in memory as base64 at up to 4 bytes each until the client has read them. With `padding_mask_crop` each image of a row has the size of the row's input. The upper end keeps a single image under the longest string JavaScript can hold.",
  },
  maxPromptChars: {
    kind: "integer",
    env: "MAX_PROMPT_CHARS",
    unit: "characters",
    fallback: 4096,
    min: 1,
    max: 1_000_000,
    doc: "Longest `prompt` and `negative_prompt`. The text encoder reads 77 tokens; what is longer only costs time.",
  },
  maxQueuedWork: {
    kind: "integer",
    env: "MAX_QUEUED_WORK",
    unit: "megapixel rows",
    fallback: 1000,
    min: 1,
    max: 1_000_000_000,
    doc: "Most work of all admitted jobs together: UNet calls × rows (2 with guidance) × megapixels computed. A 512×512 image of 50 steps with guidance is 27. What would be more is refused with 429, so a client learns at once instead of timing out; on an idle server nothing is too much.",
  },
  workerCount: {
    kind: "integer",
    env: "WORKER_COUNT",
    secondEnv: "NUM_REPLICAS",
    unit: "processes",
    fallback: 0,
    min: 0,
    max: 64,
    doc: "Worker processes, each with the whole model. 0 is one for each device that `CUDA_VISIBLE_DEVICES` names, else one. Azure ML's name for it, `NUM_REPLICAS`, is read when `WORKER_COUNT` is absent.",
  },
  cudaVisibleDevices: {
    kind: "text",
    env: "CUDA_VISIBLE_DEVICES",
    fallback: "",
    allowed: "numbers or names of devices with commas between",
    pattern: /^[\w,:./ -]{1,1000}$/,
    doc: "CUDA's own: the devices that may be used. Each worker is given one of them, in turn.",
  },
  maxBatch: {
    kind: "integer",
    env: "MAX_BATCH",
    unit: "jobs",
    fallback: 4,
    min: 1,
    max: 64,
    doc: "Most jobs that share one UNet call. On a GPU more is faster until its memory is full; on a CPU a call takes as long as its jobs one after another would, and the number decides how evenly they advance.",
  },
  deterministic: {
    kind: "choice",
    env: "DETERMINISTIC",
    fallback: "0",
    choices: ["0", "1"],
    doc: "On a GPU, `1` runs every UNet call with the same number of rows, so that a job's bytes do not depend on what else is running: every call then costs what the largest costs. On the CPU they never do.",
  },
  maxWorkerRssBytes: {
    kind: "integer",
    env: "WORKER_MAX_RSS_BYTES",
    unit: "bytes",
    fallback: 0,
    min: 0,
    max: 1_000_000_000_000,
    doc: "Resident memory past which a worker is replaced, after its jobs are done. 0: never.",
  },
  scoringTimeoutMs: {
    kind: "integer",
    env: "SCORING_TIMEOUT_MS",
    unit: "ms",
    fallback: 3_600_000,
    min: 1,
    max: 86_400_000,
    doc: "Longest a scoring request may take, from the arrival of its head; then its jobs are stopped and the answer is a 500. A request's header `x-inpaint-timeout-ms` may ask for less.",
  },
  responseStallTimeoutMs: {
    kind: "integer",
    env: "RESPONSE_STALL_TIMEOUT_MS",
    unit: "ms",
    fallback: 60_000,
    min: 100,
    max: 3_600_000,
    doc: "How long a client may take nothing of its answer before the connection is closed: an answer that nobody reads stays in memory. Noticed after once to twice that time. A slow client is not cut off while the system's buffer for it empties by about a third, a megabyte, in that time.",
  },
  promptCacheBytes: {
    kind: "integer",
    env: "PROMPT_CACHE_BYTES",
    unit: "bytes",
    fallback: 67_108_864,
    min: 0,
    max: 17_179_869_184,
    doc: "Memory of a worker for encoded prompts, the empty negative one above all: 315 kB each with SD 2. An image is the same to the last bit with it or without. 0 is off.",
  },
  latentCacheBytes: {
    kind: "integer",
    env: "LATENT_CACHE_BYTES",
    unit: "bytes",
    fallback: 67_108_864,
    min: 0,
    max: 17_179_869_184,
    doc: "Memory of a worker for what the VAE's encoder said of an image or a masked image, found again by its pixels: 131 kB for 512×512. An image is the same to the last bit with it or without. 0 is off.",
  },
  resultCacheBytes: {
    kind: "integer",
    env: "RESULT_CACHE_BYTES",
    unit: "bytes",
    fallback: 0,
    min: 0,
    max: 17_179_869_184,
    doc: "Memory of the server for whole results, 786 kB for 512×512: a row that asks for exactly what an earlier one did, images and seed included, is answered without the device. 0, the default, is off: images of callers stay in memory after their answers.",
  },
  shutdownGraceMs: {
    kind: "integer",
    env: "SHUTDOWN_GRACE_MS",
    unit: "ms",
    fallback: 30_000,
    min: 0,
    max: 3_600_000,
    doc: "How long work under way may go on after SIGTERM. Keep it below the orchestrator's own grace period.",
  },
  logLevel: {
    kind: "choice",
    env: "LOG_LEVEL",
    fallback: "info",
    choices: LOG_LEVELS,
    doc: "Least severe log line that is written.",
  },
} as const satisfies Record<string, Setting>;

type ValueOf<S extends Setting> = S extends IntegerSetting
  ? number
  : S extends ChoiceSetting
    ? S["choices"][number]
    : S extends TextSetting
      ? string
      : string | undefined;

export type Settings = {
  readonly [Name in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[Name]>;
};
