/**
 * @file What content screening says of a request's rows before they run, and of their images before they are returned.
 * Knows which parts of a row are looked at; knows no service, and not what is answered then.
 */
import { untilDecided } from "../async/until-decided.js";
import type { PlannedImage } from "./planned-image.js";
import type { Screener, Verdict } from "./ports.js";
import type { RowRefusal } from "./response-row.js";

/** Of a row, or of a result. */
export type Screened = { readonly kind: "allowed" | "unscreened" } | RowRefusal;

export interface ScreenRowsOptions {
  readonly screener: Screener;
  /** One blocked row settles the request: the others are not asked about any more. */
  readonly stopAtFirst: boolean;
  readonly signal: AbortSignal;
}

type Field = RowRefusal["field"];

function screened(field: Field, verdict: Verdict): Screened {
  return verdict.kind === "blocked" ? { ...verdict, field } : verdict;
}

const isBlocked = ({ kind }: Screened) => kind === "blocked";

/** Everything that the caller sent in words or pictures; parameters of other kinds say nothing. */
async function screenRow({ job }: PlannedImage, screener: Screener, signal: AbortSignal): Promise<Screened> {
  const parts: readonly [Field, (either: AbortSignal) => Promise<Verdict>][] = [
    ["prompt", (either) => screener.screenText(job.prompt, either)],
    ["negative_prompt", (either) => screener.screenText(job.negativePrompt, either)],
    ["image", (either) => screener.screenImage(job.image, either)],
    ["mask_image", (either) => screener.screenImage(job.maskImage, either)],
  ];
  const answers = await untilDecided(
    parts.map(
      ([field, ask]) =>
        async (either: AbortSignal) =>
          screened(field, await ask(either)),
    ),
    isBlocked,
    signal,
  );
  return answers.find((answer) => answer !== undefined && isBlocked(answer)) ?? least(answers);
}

/** Nothing was blocked: but one part that nobody looked at leaves the whole unscreened. */
function least(answers: readonly (Screened | undefined)[]): Screened {
  return { kind: answers.every((answer) => answer?.kind === "allowed") ? "allowed" : "unscreened" };
}

/**
 * By row of the request; with `stopAtFirst`, rows may be missing once one is blocked. Each row is looked at once,
 * however many images it asks for. Rejects as the screener does.
 */
export async function screenRows(
  images: readonly PlannedImage[],
  { screener, stopAtFirst, signal }: ScreenRowsOptions,
): Promise<ReadonlyMap<number, Screened>> {
  const rows = [...new Map(images.map((planned) => [planned.rowIndex, planned])).values()];
  const answers = await untilDecided(
    rows.map((planned) => (either: AbortSignal) => screenRow(planned, screener, either)),
    (answer) => stopAtFirst && isBlocked(answer),
    signal,
  );
  const found = new Map<number, Screened>();
  for (const [i, { rowIndex }] of rows.entries()) {
    const answer = answers[i];
    if (answer !== undefined) found.set(rowIndex, answer);
  }
  return found;
}

/** The image as it would be returned. Rejects as the screener does. */
export async function screenResult(
  image: PlannedImage["job"]["image"],
  screener: Screener,
  signal: AbortSignal,
): Promise<Screened> {
  return screened("generated_image", await screener.screenImage(image, signal));
}
