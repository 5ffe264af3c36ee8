/** @file A scene as the training scripts read it, and the last look at what leaves: no pair that is held out. Knows no stream. */
import { isHeldOut } from "./objects/held-out.js";
import type { Scene } from "./scene.js";

/**
 * A little-endian u32 with the caption's length in bytes, the caption (UTF-8), the picture (height × width × 3 bytes),
 * the mask (height × width bytes).
 *
 * @throws {Error} if the scene shows a colour and a shape that training must not see together.
 */
export function sceneRecord({ caption, rgb, mask, things }: Scene): Buffer {
  for (const { kind, colours } of things) {
    const colour = colours.find((name) => isHeldOut(name, kind));
    if (colour !== undefined)
      throw new Error(`a scene for training shows what is held out, ${colour} and ${kind}: "${caption}"`);
  }
  const text = Buffer.from(caption);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, rgb, mask.bytes]);
}
