/** @file Balls, boxes, stars and hearts. */
import { css, darker, lighter } from "../colour.js";
import { BODY, circle, type Drawing, ellipse, line, path, polygon } from "./drawing.js";

export const ball: Drawing = (random, { first }) =>
  [circle(50, 50, 46, BODY), random.chance(0.5) ? ellipse(36, 30, 9, 6, css(lighter(first, 0.55))) : ""].join(
    "",
  );

export const box: Drawing = (random, { first, second }) => {
  if (random.chance(0.35))
    return `<rect x="6" y="6" width="88" height="88" rx="${random.uniform(0, 10)}" fill="${BODY}"/>`;
  const depth = random.uniform(12, 24);
  const front = 96 - depth;
  return [
    path(`M4 ${4 + depth} L${4 + depth} 4 H96 L${front} ${4 + depth} Z`, css(lighter(first, 0.25))),
    path(`M${front} ${4 + depth} L96 4 V${96 - depth} L${front} 96 Z`, css(darker(second, 0.35))),
    `<rect x="4" y="${4 + depth}" width="${front - 4}" height="${92 - depth}" fill="${BODY}"/>`,
  ].join("");
};

/** Corners by turns on two circles. */
function starPoints(corners: number, inner: number, turn: number): (readonly [number, number])[] {
  return Array.from({ length: corners * 2 }, (_, i) => {
    const radius = i % 2 === 0 ? 47 : inner;
    const angle = turn + (i * Math.PI) / corners - Math.PI / 2;
    return [50 + radius * Math.cos(angle), 50 + radius * Math.sin(angle)] as const;
  });
}

export const star: Drawing = (random) =>
  polygon(starPoints(random.pick([5, 5, 5, 6]), random.uniform(18, 23), random.uniform(-0.3, 0.3)), BODY);

export const heart: Drawing = () =>
  path(
    "M50 92 C20 66 4 50 4 30 C4 14 16 6 28 6 C38 6 46 12 50 22 C54 12 62 6 72 6 C84 6 96 14 96 30 C96 50 80 66 50 92 Z",
    BODY,
  );

/** A bench of boards, seen from the front. */
export const bench: Drawing = (random, { first, second }) => {
  const boards = random.pick([2, 3]);
  const back = Array.from({ length: boards }, (_, i) => 24 + (i * 26) / boards);
  const thick = 26 / boards - 2;
  const gap = css(darker(second, 0.55));
  return [
    ...[8, 86].map((x) => `<rect x="${x}" y="22" width="5" height="66" fill="${gap}"/>`),
    ...back.map((y) => `<rect x="5" y="${y}" width="90" height="${thick}" rx="1" fill="${BODY}"/>`),
    `<rect x="2" y="56" width="96" height="9" rx="1" fill="${css(lighter(first, 0.12))}"/>`,
    line("M3 65 H97", gap, 1.5),
    ...[16, 80].map((x) => `<rect x="${x}" y="65" width="5" height="27" fill="${gap}"/>`),
  ].join("");
};
