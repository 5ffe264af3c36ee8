/** @file Which objects a prompt names: those that the hole takes away. Knows no words. */
import type { Mask } from "./masks/mask.js";
import type { Placed } from "./placing.js";

/** Of what is seen of an object, the part that must be in the hole for the prompt to name it. */
const HIDDEN_ENOUGH = 0.45;

/** The object that the hole was made for first, then the others in the hole; none that others cover. */
export function toName(placed: readonly Placed[], mask: Mask, focus: Placed | undefined): readonly Placed[] {
  const hidden = placed.filter(
    (object) => object.isSeen(mask.width, mask.height) && object.shareIn(mask) >= HIDDEN_ENOUGH,
  );
  return focus === undefined ? hidden : [focus, ...hidden.filter((object) => object !== focus)];
}
