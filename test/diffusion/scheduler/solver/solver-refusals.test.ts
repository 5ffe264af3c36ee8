import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchedulerName } from "../../../../src/diffusion/inpaint-job.js";
import { createScheduler } from "../../../../src/diffusion/scheduler/create-scheduler.js";
import type { SchedulerConfig } from "../../../../src/diffusion/scheduler/noise-scheduler.js";

type Keys = Omit<SchedulerConfig, "className">;
const OPTIONS = { numInferenceSteps: 5, strength: 1, eta: 0 } as const;
const DPM = ["DPMSolverMultistep", "DPMSolverSinglestep"] as const;
const SOLVERS = [...DPM, "UniPCMultistep", "DEISMultistep"] as const;

/** What no class of the reference can do, or this server leaves out: each by its key. */
const REFUSED: readonly (readonly [readonly SchedulerName[], Keys, RegExp])[] = [
  [SOLVERS, { useFlowSigmas: true }, /use_flow_sigmas/],
  [SOLVERS, { useKarrasSigmas: true, useExponentialSigmas: true }, /only one of use_karras_sigmas/],
  [SOLVERS, { betaSchedule: "laplace" }, /no beta_schedule "laplace"/],
  [DPM, { algorithmType: "dpmsolver" }, /final_sigmas_type "sigma_min" for algorithm_type "dpmsolver"/],
  [DPM, { algorithmType: "deis" }, /final_sigmas_type "sigma_min" for algorithm_type "deis"/],
  [DPM, { varianceType: "learned_range" }, /variance_type "learned_range"/],
  [
    ["DPMSolverMultistep"],
    { algorithmType: "sde-dpmsolver", solverOrder: 3, lowerOrderFinal: false, finalSigmasType: "sigma_min" },
    /"sde-dpmsolver" of solver_order 3/,
  ],
  [
    ["DPMSolverSinglestep"],
    { algorithmType: "sde-dpmsolver", finalSigmasType: "sigma_min" },
    /no algorithm_type "sde-dpmsolver"/,
  ],
  [["DPMSolverSinglestep"], { solverOrder: 4 }, /solver_order 1 to 3, not 4/],
  [
    ["DPMSolverSinglestep"],
    { algorithmType: "dpmsolver", thresholding: true, finalSigmasType: "sigma_min" },
    /thresholding with algorithm_type "dpmsolver"/,
  ],
  [["UniPCMultistep"], { hasSolverP: true }, /solver_p/],
  [["UniPCMultistep"], { useDynamicShifting: true }, /use_dynamic_shifting/],
  [["UniPCMultistep"], { solverType: "bh1" }, /final_sigmas_type "sigma_min" for solver_type "bh1"/],
  [["UniPCMultistep"], { predictX0: false }, /final_sigmas_type "sigma_min" where predict_x0 is false/],
  [["UniPCMultistep"], { lowerOrderFinal: false }, /"sigma_min" where lower_order_final is false/],
  [["DEISMultistep"], { algorithmType: "sde-dpmsolver++" }, /no algorithm_type "sde-dpmsolver\+\+"/],
];

test("a solver refuses by name and key what it cannot do: the checkpoint's fault or the caller's", () => {
  for (const [names, keys, message] of REFUSED) {
    for (const scheduler of names) {
      const refused = (code: string) => (error: unknown) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, new RegExp(`scheduler ${scheduler} `));
        assert.match(error.message, message);
        assert.equal("code" in error && error.code, code);
        return true;
      };
      const own = { className: `${scheduler}Scheduler`, ...keys };
      assert.throws(() => createScheduler(own, OPTIONS), refused("INVALID_CHECKPOINT"));
      const others = { className: "PNDMScheduler", ...keys };
      assert.throws(() => createScheduler(others, { ...OPTIONS, scheduler }), refused("INVALID_INPUT"));
    }
  }
});

test("what is refused for its noisy or noiseless end runs with the other one", () => {
  const finalSigmasType = "sigma_min";
  for (const [scheduler, keys] of [
    ["DPMSolverMultistep", { algorithmType: "dpmsolver" }],
    ["DPMSolverSinglestep", { algorithmType: "deis" }],
    ["UniPCMultistep", { solverType: "bh1", predictX0: false, lowerOrderFinal: false }],
  ] as const) {
    const config = { className: `${scheduler}Scheduler`, ...keys, finalSigmasType } as const;
    assert.equal(createScheduler(config, OPTIONS).timesteps.length, 5);
  }
});

test("a learned variance only matters to a model that predicts noise", () => {
  const config = { className: "DPMSolverMultistepScheduler", varianceType: "learned" } as const;
  assert.equal(createScheduler({ ...config, predictionType: "v_prediction" }, OPTIONS).timesteps.length, 5);
});

test("a strength that skips all of a schedule shortened by lambda_min_clipped is refused", () => {
  const config = {
    className: "DPMSolverMultistepScheduler",
    betaStart: 0.00085,
    betaEnd: 0.012,
    betaSchedule: "scaled_linear",
    lambdaMinClipped: -1.5,
    timestepSpacing: "trailing",
  } as const;
  assert.equal(createScheduler(config, OPTIONS).timesteps.length, 4);
  assert.throws(() => createScheduler(config, { ...OPTIONS, strength: 0.3 }), {
    code: "INVALID_INPUT",
    message: /lambda_min_clipped leaves 4 of 5 steps, and strength skips 4/,
  });
});

test("a step past the end of a schedule is a bug, not a sample", () => {
  const schedule = createScheduler(
    { className: "DEISMultistepScheduler" },
    { ...OPTIONS, numInferenceSteps: 1 },
  );
  const sample = { shape: [1, 4, 1, 1], data: Float32Array.of(1, 2, 3, 4) };
  const noise = { randn: (count: number) => new Float32Array(count) };
  schedule.step(sample, 999, sample, noise);
  assert.throws(() => schedule.step(sample, 999, sample, noise), RangeError);
});
