/**
 * @file What a single file holds besides the three networks: what is known to be of no use, and what is not known.
 * Reference: the buffers of `DDPM` (CompVis/latent-diffusion, ddpm.py); diffusers reads none of it.
 */
import type { LdmTensors } from "./ldm-tensors.js";
import { CLIP_PREFIX, OPEN_CLIP_PREFIX } from "./text-encoder-layout.js";
import { UNET_PREFIX } from "./unet-layout.js";
import { VAE_PREFIX } from "./vae-layout.js";

const NETWORKS = [UNET_PREFIX, VAE_PREFIX, CLIP_PREFIX, OPEN_CLIP_PREFIX];
const EMA_PREFIX = "model_ema.";
/** Fewer are counters, as `model_ema.decay`: the reference's rule. */
const MIN_EMA_TENSORS = 100;

/** The noise schedule as numbers, and a counter of training steps. */
const KNOWN =
  /^(betas|(sqrt_|log_)?(one_minus_)?alphas_cumprod(_prev)?|sqrt_one_minus_alphas_cumprod|sqrt_recip(m1)?_alphas_cumprod|posterior_(variance|log_variance_clipped|mean_coef[12])|logvar|lvlb_weights|scale_factor|global_step|cond_stage_model\.logit_scale)$/;

const MAX_NAMED = 5;

/** One sentence each, for the log. */
export function besideTheNetworks(tensors: LdmTensors): readonly string[] {
  const others = [...tensors.all.keys()].filter(
    (name) => !NETWORKS.some((prefix) => name.startsWith(prefix)) && !KNOWN.test(name),
  );
  const averages = others.filter((name) => name.startsWith(EMA_PREFIX));
  const unknown = others.filter((name) => !name.startsWith(EMA_PREFIX));
  const named = unknown.slice(0, MAX_NAMED).join(", ") + (unknown.length > MAX_NAMED ? ", …" : "");
  return [
    ...(averages.length > MIN_EMA_TENSORS
      ? [
          `${tensors.path}: holds averaged weights too (${EMA_PREFIX}…); as in the reference, they are not used`,
        ]
      : []),
    ...(unknown.length > 0
      ? [`${tensors.path}: ${unknown.length} surplus tensors are of no network and not used: ${named}`]
      : []),
  ];
}
