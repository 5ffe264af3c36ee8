/** @file What the evaluation is asked for on its command line. Knows the words; opens nothing. */
import { parseArgs } from "node:util";

export const USAGE = `usage: npm run evaluate -- [--only PART,…] [--scenes N] [--cases N] [--held-out-cases N] [--textures N]
                              [--size 512|256] [--model DIR] [--json FILE]

--only            some of scenes, steering, continuity, time; without it all of them
--scenes          held-out scenes, without it 200
--cases           cases of each pair of colour and shape that training shows, without it 2
--held-out-cases  cases of each pair that it does not show, without it 10
--textures        backgrounds whose continuation is measured, without it 48
--size            width and height of the pictures, without it 512, the embedded model's own
--model           a diffusers folder in place of the embedded model
--json            write every single figure to FILE too, after each part
`;

export const PARTS = ["scenes", "steering", "continuity", "time"] as const;
export type Part = (typeof PARTS)[number];

export interface EvaluationOptions {
  readonly parts: readonly Part[];
  readonly scenes: number;
  readonly casesPerPair: number;
  readonly casesPerHeldOutPair: number;
  readonly textures: number;
  readonly side: number;
  /** Absent: the embedded model. */
  readonly modelDir?: string;
  readonly jsonFile?: string;
}

/** Throws an Error that names the argument when one is wrong. */
export function parseArguments(argv: readonly string[]): EvaluationOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string", default: PARTS.join(",") },
      scenes: { type: "string", default: "200" },
      cases: { type: "string", default: "2" },
      "held-out-cases": { type: "string", default: "10" },
      textures: { type: "string", default: "48" },
      size: { type: "string", default: "512" },
      model: { type: "string" },
      json: { type: "string" },
    },
  });
  if (values.size !== "512" && values.size !== "256") throw new Error(`--size ${values.size}: 512 or 256`);
  return {
    parts: values.only.split(",").map(parsePart),
    scenes: parseCount("--scenes", values.scenes),
    casesPerPair: parseCount("--cases", values.cases),
    casesPerHeldOutPair: parseCount("--held-out-cases", values["held-out-cases"]),
    textures: parseCount("--textures", values.textures),
    side: Number(values.size),
    ...(values.model !== undefined && { modelDir: values.model }),
    ...(values.json !== undefined && { jsonFile: values.json }),
  };
}

function parsePart(word: string): Part {
  const part = PARTS.find((name) => name === word);
  if (part === undefined) throw new Error(`--only ${word}: not one of ${PARTS.join(", ")}`);
  return part;
}

function parseCount(option: string, text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error(`${option} ${text}: a whole number from 1 to 99999`);
  return Number(text);
}
