/** @file The stages that a scored request tells of where nothing is screened, in the order of the README. */

export const UNSCREENED_STAGES = [
  "imageDecode",
  "queue",
  "text",
  "vaeEncode",
  "denoise",
  "vaeDecode",
  "pixels",
  "imageEncode",
] as const;
