/**
 * @file How each network is opened on the CPU. Knows what was measured at full size; knows no session.
 * `npm run bench:full-size` prints what the figures are today.
 */

export interface SessionTuning {
  /**
   * `all` copies every convolution's weights into the layout that the processor likes best: the convolutions of the VAE,
   * 84 M parameters, then run 9 % faster for 0.3 s at start; those of the UNet 5 %, for 8 s.
   */
  readonly optimization: "extended" | "all";
  /**
   * Matrices are copied into the layout that products read them in: 1 s at start for the UNet, whose calls are 4 % faster
   * then. The text encoder would gain 0.05 s an image, for another second at start.
   */
  readonly prepack: boolean;
  /**
   * Memory of one run is kept for the next, which saves the kernel's work of finding it anew, 10 % of a UNet call. The
   * VAE's tensors are few and large: it would keep 2 GB for as long as the process lives, to save 2 %.
   */
  readonly arena: boolean;
}

export const TEXT_ENCODER_TUNING: SessionTuning = { optimization: "extended", prepack: false, arena: true };
export const UNET_TUNING: SessionTuning = { optimization: "extended", prepack: true, arena: true };
export const VAE_TUNING: SessionTuning = { optimization: "all", prepack: true, arena: false };
