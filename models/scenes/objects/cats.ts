/** @file Cats: a face, and one that sits. */
import { css, darker, lighter } from "../colour.js";
import { BODY, type Drawing, ellipse, line, type Paints, path } from "./drawing.js";

/** A head around (x, y) of the given radius. */
function head(x: number, y: number, r: number, { first, second }: Paints): string {
  const inner = css(lighter(first, 0.45));
  const dark = css(darker(second, 0.8));
  const ear = (side: number, scale: number, fill: string) =>
    path(
      `M${x + side * r * 0.85 * scale} ${y - r * 0.35} L${x + side * r * 0.78} ${y - r * (0.55 + 0.8 * scale)} L${x + side * r * (0.85 - 0.7 * scale)} ${y - r * 0.72} Z`,
      fill,
    );
  const whiskers = [-1, 1].flatMap((side) =>
    [-0.12, 0.1].map((dy) =>
      line(
        `M${x + side * r * 0.35} ${y + r * 0.36} L${x + side * r * 1.05} ${y + r * (0.36 + dy * 2)}`,
        inner,
        r * 0.035,
      ),
    ),
  );
  return [
    ear(-1, 1, BODY),
    ear(1, 1, BODY),
    ear(-1, 0.6, inner),
    ear(1, 0.6, inner),
    ellipse(x, y, r, r * 0.88, BODY),
    ...[-1, 1].map((side) =>
      ellipse(x + side * r * 0.4, y - r * 0.08, r * 0.17, r * 0.2, "rgb(240,240,215)"),
    ),
    ...[-1, 1].map((side) => ellipse(x + side * r * 0.4, y - r * 0.08, r * 0.07, r * 0.18, dark)),
    path(`M${x - r * 0.12} ${y + r * 0.24} H${x + r * 0.12} L${x} ${y + r * 0.38} Z`, dark),
    line(
      `M${x - r * 0.22} ${y + r * 0.5} Q${x - r * 0.08} ${y + r * 0.6} ${x} ${y + r * 0.4} Q${x + r * 0.08} ${y + r * 0.6} ${x + r * 0.22} ${y + r * 0.5}`,
      dark,
      r * 0.05,
    ),
    ...whiskers,
  ].join("");
}

export const catFace: Drawing = (_random, paints) => head(50, 56, 43, paints);

export const sittingCat: Drawing = (random, paints) => {
  const { second } = paints;
  const side = random.pick([-1, 1]);
  return [
    line(`M${50 + side * 22} 88 Q${50 + side * 48} 88 ${50 + side * 38} 62`, css(darker(second, 0.12)), 8),
    ellipse(50, 70, 27, 27, BODY),
    ellipse(40, 93, 10, 5, css(darker(second, 0.12))),
    ellipse(60, 93, 10, 5, css(darker(second, 0.12))),
    head(50, 34, 25, paints),
  ].join("");
};
