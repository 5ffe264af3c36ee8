/** @file Of the copies that lie side by side in a repository one is taken, and nothing that the server does not read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Wish, wantedFiles } from "../../../src/checkpoint/pull/wanted-files.js";
import { DECOYS } from "../../support/hub-model.js";

const REST = [
  "model_index.json",
  "LICENSE.md",
  "scheduler/scheduler_config.json",
  "text_encoder/config.json",
  "tokenizer/merges.txt",
  "tokenizer/special_tokens_map.json",
  "tokenizer/tokenizer_config.json",
  "tokenizer/vocab.json",
  "unet/config.json",
  "vae/config.json",
];
const SAFETENSORS = [
  "text_encoder/model.safetensors",
  "unet/diffusion_pytorch_model.safetensors",
  "vae/diffusion_pytorch_model.safetensors",
];

const hash = { algorithm: "git-sha1", hex: "0".repeat(40) } as const;
const listing = (paths: Iterable<string>) =>
  [...paths].map((path) => ({ path, size: path.endsWith(".json") ? 10 : 1000, hash }));

function taken(paths: Iterable<string>, wish: Partial<Wish> = {}): readonly string[] {
  const { files } = wantedFiles(listing(paths), { variant: undefined, only: [], ...wish });
  return files.map(({ path }) => path);
}
const weightsTaken = (paths: Iterable<string>, wish: Partial<Wish> = {}) =>
  taken(paths, wish)
    .filter((path) => !REST.includes(path))
    .sort();
const without = (paths: readonly string[], ...left: readonly string[]) =>
  paths.filter((path) => !left.includes(path));

test("safetensors without a variant, and none of the rest; model_index.json comes last", () => {
  const paths = taken([...REST, ...SAFETENSORS, ...DECOYS.keys()]);
  assert.deepEqual([...paths].sort(), [...REST, ...SAFETENSORS].sort());
  assert.equal(paths.at(-1), "model_index.json");
});

test(".bin where there is no safetensors", () => {
  const paths = [...REST, ...without(SAFETENSORS, "text_encoder/model.safetensors"), ...DECOYS.keys()];
  assert.deepEqual(weightsTaken(paths), [
    "text_encoder/pytorch_model.bin",
    "unet/diffusion_pytorch_model.safetensors",
    "vae/diffusion_pytorch_model.safetensors",
  ]);
});

test("a variant is taken where it is, and a note tells where it is not", () => {
  const paths = [
    ...REST,
    ...SAFETENSORS,
    ...without([...DECOYS.keys()], "vae/diffusion_pytorch_model.fp16.safetensors"),
  ];
  assert.deepEqual(weightsTaken(paths, { variant: "fp16" }), [
    "text_encoder/model.fp16.safetensors",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "vae/diffusion_pytorch_model.safetensors",
  ]);
  const { notes } = wantedFiles(listing(paths), { variant: "fp16", only: [] });
  assert.deepEqual(notes, ["vae has no variant fp16; its weights without a variant are taken"]);
});

for (const [what, variant, shards] of [
  [
    "as diffusers and transformers name them",
    undefined,
    [
      "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
      "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
      "unet/diffusion_pytorch_model.safetensors.index.json",
    ],
  ],
  [
    "of a variant",
    "fp16",
    [
      "unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
      "unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors",
      "unet/diffusion_pytorch_model.safetensors.index.fp16.json",
    ],
  ],
  [
    "of a variant, as older releases named them",
    "fp16",
    [
      "unet/diffusion_pytorch_model-00001-of-00002.fp16.safetensors",
      "unet/diffusion_pytorch_model-00002-of-00002.fp16.safetensors",
      "unet/diffusion_pytorch_model.safetensors.fp16.index.json",
    ],
  ],
] as const) {
  test(`shards with their index, ${what}`, () => {
    const others = without(SAFETENSORS, "unet/diffusion_pytorch_model.safetensors");
    const paths = [...REST, ...others, "unet/diffusion_pytorch_model.bin", ...shards];
    const wish = variant === undefined ? {} : { variant };
    assert.deepEqual(weightsTaken(paths, wish), [...others, ...shards].sort());
    const whole = [...paths, "unet/diffusion_pytorch_model.safetensors"];
    assert.deepEqual(weightsTaken(whole, wish), [...others, ...shards].sort(), "as diffusers chooses");
    const noIndex = paths.filter((path) => !path.includes(".index."));
    if (variant === undefined) assert.ok(weightsTaken(noIndex).includes("unet/diffusion_pytorch_model.bin"));
    else assert.throws(() => taken(noIndex, wish), /no weights of the variant fp16; it has none/);
  });
}

test("files named by hand, and nothing else", () => {
  const paths = [...REST, ...DECOYS.keys()];
  assert.deepEqual(taken(paths, { only: ["512-inpainting-ema.ckpt"] }), ["512-inpainting-ema.ckpt"]);
  assert.throws(() => taken(paths, { only: ["a.ckpt"] }), /has no file a\.ckpt/);
});

for (const [what, paths, message] of [
  [
    "single files only",
    ["a.ckpt", "b.safetensors"],
    /single files; take one with --file a\.ckpt or --file b\.safetensors/,
  ],
  ["nothing of ours", ["README.md"], /no model_index\.json: it is no diffusers checkpoint/],
  [
    "no vocabulary",
    without([...REST, ...SAFETENSORS], "tokenizer/vocab.json"),
    /lacks tokenizer\/vocab\.json/,
  ],
  [
    "no config",
    without([...REST, ...SAFETENSORS], "vae/config.json", "unet/config.json"),
    /lacks unet\/config\.json, vae\/config\.json/,
  ],
  [
    "no weights",
    [...REST, ...without(SAFETENSORS, "vae/diffusion_pytorch_model.safetensors")],
    /no weights in vae\//,
  ],
  [
    "weights of a variant only",
    [
      ...REST,
      ...without(SAFETENSORS, "text_encoder/model.safetensors"),
      "text_encoder/model.fp16.safetensors",
    ],
    /ask for one of them with --variant: text_encoder\/model\.fp16\.safetensors/,
  ],
  [
    "Stable Diffusion XL",
    [...REST, ...SAFETENSORS, "text_encoder_2/config.json"],
    /no checkpoint of Stable Diffusion 1 or 2/,
  ],
] as const) {
  test(`a repository with ${what} is refused with what it lacks`, () => {
    assert.throws(() => taken(paths), { code: "PULL_FAILED", message });
  });
}
