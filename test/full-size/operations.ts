/** @file How many operations the full-size networks make at 512×512. Knows no time. */

/**
 * In products and convolutions, counted from the configs: 2 for a multiplication and an addition. Of one prompt, one
 * row of 64×64 latents, one image.
 */
export const TFLOP = { text: 0.045, unet: 0.804, vaeEncoder: 1.117, vaeDecoder: 2.515 } as const;

/** What these counts are of. */
export const FULL_SIZE_PARAMETERS = {
  textEncoder: 340_387_840,
  unet: 865_925_124,
  vae: 83_653_863,
} as const;
