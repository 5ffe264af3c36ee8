/**
 * @file scheduler_config.json. A key that the file lacks stays absent: each scheduler class has its own defaults, and
 * swapping the scheduler keeps exactly what the file says.
 * Reference: diffusers `ConfigMixin` (configuration_utils.py) and the schedulers' constructors.
 */
import { z } from "zod";

/** Far above the 1000 of every published model; keeps a broken file from asking for gigabytes of betas. */
const MAX_TRAIN_TIMESTEPS = 100_000;
const beta = z.number().min(0).max(1);
/** The reference's solvers have at most 3, or as many as there is history; this keeps a broken file in bounds. */
const MAX_SOLVER_ORDER = 10;
const MAX_STEPS = 10_000;
const flag = z.boolean().nullish();

const schedulerConfigSchema = z
  .object({
    _class_name: z.string(),
    num_train_timesteps: z.int().min(1).max(MAX_TRAIN_TIMESTEPS).nullish(),
    beta_start: beta.nullish(),
    beta_end: beta.nullish(),
    beta_schedule: z
      .enum(["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace", "exp"])
      .nullish(),
    trained_betas: z.array(beta).nonempty().max(MAX_TRAIN_TIMESTEPS).nullish(),
    prediction_type: z.enum(["epsilon", "v_prediction", "sample"]).nullish(),
    timestep_spacing: z.enum(["leading", "trailing", "linspace"]).nullish(),
    steps_offset: z.int().min(0).max(MAX_TRAIN_TIMESTEPS).nullish(),
    set_alpha_to_one: flag,
    skip_prk_steps: flag,
    clip_sample: flag,
    clip_sample_range: z.number().positive().nullish(),
    thresholding: flag,
    dynamic_thresholding_ratio: z.number().min(0).max(1).nullish(),
    sample_max_value: z.number().positive().nullish(),
    rescale_betas_zero_snr: flag,
    use_karras_sigmas: flag,
    use_exponential_sigmas: flag,
    use_beta_sigmas: flag,
    use_lu_lambdas: flag,
    use_flow_sigmas: flag,
    use_dynamic_shifting: flag,
    sigma_min: z.number().positive().nullish(),
    sigma_max: z.number().positive().nullish(),
    final_sigmas_type: z.enum(["zero", "sigma_min"]).nullish(),
    interpolation_type: z.enum(["linear", "log_linear"]).nullish(),
    timestep_type: z.enum(["discrete", "continuous"]).nullish(),
    variance_type: z
      .enum(["fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "learned", "learned_range"])
      .nullish(),
    original_inference_steps: z.int().min(1).max(MAX_TRAIN_TIMESTEPS).nullish(),
    timestep_scaling: z.number().positive().nullish(),
    algorithm_type: z
      .enum(["dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++", "deis"])
      .nullish(),
    solver_order: z.int().min(1).max(MAX_SOLVER_ORDER).nullish(),
    solver_type: z.enum(["midpoint", "heun", "logrho", "bh1", "bh2"]).nullish(),
    lower_order_final: flag,
    euler_at_final: flag,
    lambda_min_clipped: z.union([z.number(), z.literal(Number.NEGATIVE_INFINITY)]).nullish(),
    predict_x0: flag,
    disable_corrector: z.array(z.int().min(0)).max(MAX_STEPS).nullish(),
    solver_p: z.unknown().optional(),
  })
  // A null is what the constructor gets without the key.
  .transform((file) => ({
    className: file._class_name,
    numTrainTimesteps: file.num_train_timesteps ?? undefined,
    betaStart: file.beta_start ?? undefined,
    betaEnd: file.beta_end ?? undefined,
    betaSchedule: file.beta_schedule ?? undefined,
    trainedBetas: file.trained_betas ?? undefined,
    predictionType: file.prediction_type ?? undefined,
    timestepSpacing: file.timestep_spacing ?? undefined,
    stepsOffset: file.steps_offset ?? undefined,
    setAlphaToOne: file.set_alpha_to_one ?? undefined,
    skipPrkSteps: file.skip_prk_steps ?? undefined,
    clipSample: file.clip_sample ?? undefined,
    clipSampleRange: file.clip_sample_range ?? undefined,
    thresholding: file.thresholding ?? undefined,
    dynamicThresholdingRatio: file.dynamic_thresholding_ratio ?? undefined,
    sampleMaxValue: file.sample_max_value ?? undefined,
    rescaleBetasZeroSnr: file.rescale_betas_zero_snr ?? undefined,
    useKarrasSigmas: file.use_karras_sigmas ?? undefined,
    useExponentialSigmas: file.use_exponential_sigmas ?? undefined,
    useBetaSigmas: file.use_beta_sigmas ?? undefined,
    useLuLambdas: file.use_lu_lambdas ?? undefined,
    useFlowSigmas: file.use_flow_sigmas ?? undefined,
    useDynamicShifting: file.use_dynamic_shifting ?? undefined,
    sigmaMin: file.sigma_min ?? undefined,
    sigmaMax: file.sigma_max ?? undefined,
    finalSigmasType: file.final_sigmas_type ?? undefined,
    interpolationType: file.interpolation_type ?? undefined,
    timestepType: file.timestep_type ?? undefined,
    varianceType: file.variance_type ?? undefined,
    originalInferenceSteps: file.original_inference_steps ?? undefined,
    timestepScaling: file.timestep_scaling ?? undefined,
    algorithmType: file.algorithm_type ?? undefined,
    solverOrder: file.solver_order ?? undefined,
    solverType: file.solver_type ?? undefined,
    lowerOrderFinal: file.lower_order_final ?? undefined,
    eulerAtFinal: file.euler_at_final ?? undefined,
    lambdaMinClipped: file.lambda_min_clipped ?? undefined,
    predictX0: file.predict_x0 ?? undefined,
    disableCorrector: file.disable_corrector ?? undefined,
    hasSolverP: file.solver_p == null ? undefined : true,
  }));

export type SchedulerFile = z.output<typeof schedulerConfigSchema>;

export const parseSchedulerConfig = (file: unknown) => schedulerConfigSchema.safeParse(file);
