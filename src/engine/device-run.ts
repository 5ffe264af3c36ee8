/** @file The unit of a worker's time: one thing that it does without a pause. Knows no job and no clock. */

export const RUN_KINDS = ["pixels", "text", "vaeEncode", "unet", "vaeDecode"] as const;
/** `pixels` is image arithmetic, `text` one prompt, `vaeEncode` and `vaeDecode` one image, `unet` a tick. */
export type RunKind = (typeof RUN_KINDS)[number];

export interface DeviceRun {
  readonly kind: RunKind;
  /** The batch size, ≥ 1. */
  readonly rows: number;
  /** Pixels of each row's image, like `width`; of a text run 0. */
  readonly height: number;
  readonly width: number;
}
