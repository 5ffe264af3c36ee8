/**
 * @file Classic inpainting by OpenCV: Telea's fast marching and the one after Navier and Stokes (Bertalmio et al. 2001).
 * Knows no model.
 */
import type { RgbImage } from "../../../src/tensor/rgb-image.js";
import type { Mask } from "../../scenes/masks/mask.js";

export type ClassicInpainting = (image: RgbImage, mask: Mask) => RgbImage;

/** Of the neighbourhood that each pixel is made from; what OpenCV's own example takes. */
const RADIUS_PIXELS = 3;

/** Takes seconds: the library is compiled as it is loaded. */
export async function loadOpenCv(): Promise<{
  readonly telea: ClassicInpainting;
  readonly navierStokes: ClassicInpainting;
}> {
  const { default: cv } = await import("@techstark/opencv-js");
  // The module has a method `then` that hands over the module itself: a promise of it would never be settled.
  if (cv.Mat === undefined) {
    await new Promise<void>((resolve) => Object.assign(cv, { onRuntimeInitialized: () => resolve() }));
  }

  const inpaint =
    (method: number): ClassicInpainting =>
    ({ width, height, data }, { bytes }) => {
      const source = cv.matFromArray(height, width, cv.CV_8UC3, data);
      const hole = cv.matFromArray(height, width, cv.CV_8UC1, bytes);
      const filled = new cv.Mat();
      try {
        cv.inpaint(source, hole, filled, RADIUS_PIXELS, method);
        return { width, height, data: new Uint8Array(filled.data) };
      } finally {
        for (const matrix of [source, hole, filled]) matrix.delete();
      }
    };
  return { telea: inpaint(cv.INPAINT_TELEA), navierStokes: inpaint(cv.INPAINT_NS) };
}
