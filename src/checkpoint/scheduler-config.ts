/**
 * @file scheduler_config.json. Only the keys that stand in the file are passed on: each scheduler class has its own
 * defaults, and swapping the scheduler keeps exactly what the file says.
 * Reference: diffusers `ConfigMixin` (configuration_utils.py) and the schedulers' constructors.
 */
import { z } from "zod";

const schedulerConfigSchema = z.object({
  className: z.string(),
  numTrainTimesteps: z.int().positive().max(100_000).exactOptional(),
  betaStart: z.number().positive().exactOptional(),
  betaEnd: z.number().positive().exactOptional(),
  betaSchedule: z.enum(["linear", "scaled_linear", "squaredcos_cap_v2"]).exactOptional(),
  trainedBetas: z.array(z.number()).max(100_000).exactOptional(),
  predictionType: z.enum(["epsilon", "v_prediction", "sample"]).exactOptional(),
  timestepSpacing: z.enum(["leading", "trailing", "linspace"]).exactOptional(),
  stepsOffset: z.int().nonnegative().exactOptional(),
  setAlphaToOne: z.boolean().exactOptional(),
  skipPrkSteps: z.boolean().exactOptional(),
  clipSample: z.boolean().exactOptional(),
  clipSampleRange: z.number().positive().exactOptional(),
  thresholding: z.boolean().exactOptional(),
  rescaleBetasZeroSnr: z.boolean().exactOptional(),
});

export type SchedulerFile = z.output<typeof schedulerConfigSchema>;

export const parseSchedulerConfig = (file: unknown) => schedulerConfigSchema.safeParse(camelCased(file));

/** `_class_name` → `className`, `beta_start` → `betaStart`; a null is what the constructor gets without the key. */
function camelCased(file: unknown): unknown {
  if (typeof file !== "object" || file === null) return file;
  const entries = Object.entries(file).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key.replace(/^_/, "").replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
