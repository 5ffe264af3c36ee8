/**
 * @file How each network is opened on the CPU. Knows what was measured at full size; knows no session.
 * `npm run bench:full-size` prints what the figures are today.
 */

export interface SessionTuning {
  /**
   * The largest convolution kernel that is copied into the processor's own layout. Such convolutions are a fifth faster,
   * and a row's bits depend neither on its neighbours in the batch nor on the threads. Of a full-size UNet the kernels up
   * to 16 MB are those of its two largest resolutions: 274 MB and 0.2 s at start, for 4 % of a call. All of its kernels,
   * 2.3 GB, would take 8 s more for another 4 %.
   */
  readonly maxReorderedKernelBytes: number;
  /**
   * Matrices are copied into the layout that products read them in: 1 s at start for the UNet, whose calls are 4 % faster
   * then. The text encoder would gain 0.05 s an image, for another second at start.
   */
  readonly prepack: boolean;
  /**
   * Memory of one run is kept for the next, which saves the kernel's work of finding it anew in every step. The VAE runs
   * once an image and its tensors are large: it would keep 2 GB for as long as the process lives, to save 0.4 s of 7 (on
   * a virtual machine that hands free memory back to its host, up to 5 s).
   */
  readonly arena: boolean;
}

const ANY = Number.POSITIVE_INFINITY;

export const TEXT_ENCODER_TUNING: SessionTuning = {
  maxReorderedKernelBytes: ANY,
  prepack: false,
  arena: true,
};
export const UNET_TUNING: SessionTuning = {
  maxReorderedKernelBytes: 16_000_000,
  prepack: true,
  arena: true,
};
export const VAE_TUNING: SessionTuning = { maxReorderedKernelBytes: ANY, prepack: true, arena: false };
