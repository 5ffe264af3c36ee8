/** @file A rectangle of pixels. Knows no image. */

/** Whole pixels from the top left corner; `right` and `bottom` are not part of the rectangle. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
