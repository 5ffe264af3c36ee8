/** @file Flowers and trees, and what flowers and tea stand in: vases and cups. */
import { css, darker, lighter } from "../colour.js";
import type { Random } from "../random.js";
import { BODY, circle, type Drawing, ellipse, line, type Paints, path } from "./drawing.js";

const STEM = "rgb(70,110,45)";

function blossom(random: Random, x: number, y: number, radius: number, { second }: Paints): string {
  const petals = 5 + random.integer(5);
  const turn = random.uniform(0, 360);
  const petal = Array.from({ length: petals }, (_, i) => {
    const angle = turn + (i * 360) / petals;
    const width = (radius * Math.PI * 0.62) / petals + radius * 0.08;
    return `<g transform="rotate(${angle.toFixed(1)} ${x} ${y})">${ellipse(x, y - radius * 0.58, width, radius * 0.42, BODY)}</g>`;
  });
  const centre = random.pick(["rgb(235,200,60)", "rgb(90,60,35)", css(darker(second, 0.45))]);
  return [...petal, circle(x, y, radius * 0.26, centre)].join("");
}

const leaf = (x: number, y: number, side: number): string =>
  path(
    `M${x} ${y} Q${x + side * 10} ${y - 14} ${x + side * 22} ${y - 10} Q${x + side * 14} ${y + 2} ${x} ${y} Z`,
    STEM,
  );

export const flower: Drawing = (random, paints) => {
  if (random.chance(0.5)) return blossom(random, 50, 50, 47, paints);
  return [
    line(`M50 50 Q${random.uniform(44, 56)} 75 50 97`, STEM, 3),
    leaf(50, 88, random.pick([-1, 1])),
    blossom(random, 50, 34, 33, paints),
  ].join("");
};

export const tree: Drawing = (random) => {
  const trunk = `<rect x="45" y="58" width="10" height="40" fill="rgb(95,65,40)"/>`;
  if (random.chance(0.3)) {
    const tiers = [0, 1, 2].map((i) =>
      path(`M50 ${2 + i * 20} L${74 + i * 8} ${38 + i * 20} H${26 - i * 8} Z`, BODY),
    );
    return [trunk, ...tiers].join("");
  }
  const crown = Array.from({ length: 9 }, (_, i) => {
    const angle = (i / 9) * 2 * Math.PI;
    return circle(50 + 24 * Math.cos(angle), 36 + 20 * Math.sin(angle), random.uniform(11, 16), BODY);
  });
  return [trunk, ellipse(50, 36, 26, 24, BODY), ...crown].join("");
};

const vaseOutline = "M36 40 Q44 50 32 62 Q20 80 36 97 H64 Q80 80 68 62 Q56 50 64 40 Z";

export const vase: Drawing = (_random, { first }) =>
  [
    `<g transform="translate(0 -62) scale(1 1.63)">${path(vaseOutline, BODY)}</g>`,
    ellipse(50, 4, 14, 2.6, css(darker(first, 0.45))),
  ].join("");

/** The flowers have the colours; the vase is its own. */
export const flowerInVase: Drawing = (random, paints) => {
  const glass = random.pick(["rgb(214,208,196)", "rgb(120,112,104)", "rgb(70,66,72)", "rgb(160,120,90)"]);
  const heads: readonly (readonly [number, number, number])[] = random.pick([
    [[50, 24, 23] as const],
    [[32, 26, 17] as const, [66, 22, 19] as const],
    [[26, 30, 15] as const, [50, 17, 16] as const, [74, 30, 15] as const],
  ]);
  return [
    ...heads.map(([x, y]) => line(`M${x} ${y} Q50 44 50 60`, STEM, 2.4)),
    path(vaseOutline, glass),
    path("M40 52 Q30 66 34 84", css(lighter([0.7, 0.7, 0.7], 0.3)), { opacity: 0.35 }),
    ...heads.map(([x, y, radius]) => blossom(random, x, y, radius, paints)),
  ].join("");
};

export const cup: Drawing = (random, { first, second }) => {
  const side = random.pick([-1, 1]);
  const handleX = side > 0 ? 72 : 28;
  return [
    `<path d="M${handleX} 38 q${side * 26} 2 ${side * 22} 22 q${side * -4} 16 ${side * -26} 16" fill="none" stroke="${css(darker(second, 0.15))}" stroke-width="8"/>`,
    path(
      side > 0
        ? "M6 20 H76 L70 84 Q68 95 56 95 H26 Q14 95 12 84 Z"
        : "M24 20 H94 L88 84 Q86 95 74 95 H44 Q32 95 30 84 Z",
      BODY,
    ),
    ellipse(side > 0 ? 41 : 59, 20, 35, 8, css(lighter(first, 0.3))),
    ellipse(side > 0 ? 41 : 59, 21, 30, 6, css(darker(first, 0.5))),
  ].join("");
};
