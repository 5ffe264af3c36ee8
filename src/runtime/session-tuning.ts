/**
 * @file How each network is opened on the CPU. Knows what was measured at full size; knows no session.
 * `npm run bench:full-size` prints what the figures are today.
 */

export interface SessionTuning {
  /**
   * `all` copies every convolution's weights into the layout that the processor likes best: the convolutions of the VAE,
   * 84 M parameters, then run 9 % faster for 0.3 s at start. The UNet would take 10 s to open.
   */
  readonly optimization: "extended" | "all";
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

export const TEXT_ENCODER_TUNING: SessionTuning = { optimization: "extended", prepack: false, arena: true };
export const UNET_TUNING: SessionTuning = { optimization: "extended", prepack: true, arena: true };
export const VAE_TUNING: SessionTuning = { optimization: "all", prepack: true, arena: false };
