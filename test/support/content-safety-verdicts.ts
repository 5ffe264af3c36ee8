/**
 * @file What the fake Content Safety service finds in a text or an image, from its content alone. Knows words and
 * colours; knows no HTTP.
 *
 * A text: `hate6` is Hate of severity 6, `violence4` Violence of 4, for each category and each of 2, 4, 6. An image: its
 * mean colour; clearly red is Violence, green SelfHarm, blue Hate, yellow Sexual, the purer the more severe.
 */
import sharp from "sharp";

export const CATEGORIES = ["Hate", "SelfHarm", "Sexual", "Violence"] as const;
export type Category = (typeof CATEGORIES)[number];
export type Severities = Readonly<Record<Category, number>>;

const NONE: Severities = { Hate: 0, SelfHarm: 0, Sexual: 0, Violence: 0 };

export function severitiesOfText(text: string): Severities {
  const found: Record<Category, number> = { ...NONE };
  for (const [, word = "", digit = ""] of text.matchAll(/\b(hate|selfharm|sexual|violence)([246])\b/gi)) {
    const category = CATEGORIES.find((name) => name.toLowerCase() === word.toLowerCase());
    if (category !== undefined) found[category] = Math.max(found[category], Number(digit));
  }
  return found;
}

/** How far the least bright of `strong` is above the brightest of `weak`, in parts of 255, as a severity. */
function purity(strong: readonly number[], weak: readonly number[]): number {
  const distance = (Math.min(...strong) - Math.max(...weak)) / 255;
  return distance > 0.75 ? 6 : distance > 0.5 ? 4 : distance > 0.25 ? 2 : 0;
}

export async function severitiesOfImage(file: Uint8Array): Promise<Severities> {
  const { channels } = await sharp(file).removeAlpha().toColourspace("srgb").stats();
  const [red = 0, green = 0, blue = 0] = channels.map(({ mean }) => mean);
  return {
    Hate: purity([blue], [red, green]),
    SelfHarm: purity([green], [red, blue]),
    Sexual: purity([red, green], [blue]),
    Violence: purity([red], [green, blue]),
  };
}
