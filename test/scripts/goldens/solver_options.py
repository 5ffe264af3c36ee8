"""The same as scheduler_options.py for the four solvers: DPM-Solver's two forms, UniPC and DEIS."""

from .scheduler_options import FROM_PNDM, SIGMAS, SPACINGS, THRESHOLDING, TWO_SIGMAS, ZERO_SNR, each

SIGMA_MIN = {"final_sigmas_type": "sigma_min"}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}
LU = {"use_lu_lambdas": True}
LIMITS = {"sigma_min": 0.05, "sigma_max": 10.0}
FROM_EULER_WITH_LIMITS = {"swapped_from": "EulerDiscrete", "use_karras_sigmas": True, **LIMITS}
CLIPPED = {"lambda_min_clipped": -1.5}
ALGORITHMS = [
    {"algorithm_type": name} for name in ["dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++"]
]
DATA_ALGORITHMS = [options for options in ALGORITHMS if options["algorithm_type"].endswith("++")]
LEARNED = [{"variance_type": name} for name in ["learned", "learned_range"]]
FULL_ORDER = {"lower_order_final": False}
ORDERS = [{"solver_order": 1}, *each([{"solver_order": 2}, {"solver_order": 3}], [{}, {"solver_type": "heun"}])]
COMMON = [TWO_SIGMAS, {"beta_schedule": "linear"}, {"beta_schedule": "laplace"}, FROM_EULER_WITH_LIMITS, FROM_PNDM]

SOLVER_OPTIONS: dict[str, list[dict]] = {
    "DPMSolverMultistep": [
        *each(SPACINGS, [{}, *SIGMAS, LU]),
        *each(ALGORITHMS, ORDERS, [SIGMA_MIN]),
        *each(DATA_ALGORITHMS, ORDERS[3:]),
        *ALGORITHMS[::2],
        FULL_ORDER,
        {"euler_at_final": True, **SIGMA_MIN},
        *each([FULL_ORDER], [{"solver_order": 3}], [{"euler_at_final": True}, {}], [SIGMA_MIN]),
        *each(SPACINGS, [ZERO_SNR]),
        {**ZERO_SNR, "algorithm_type": "sde-dpmsolver++"},
        {**ZERO_SNR, "use_karras_sigmas": True},
        *each(SPACINGS, [CLIPPED]),
        {**COSINE, "lambda_min_clipped": -5.1},
        *each([COSINE], [*SIGMAS, LU]),
        *each(ALGORITHMS, [THRESHOLDING], [SIGMA_MIN]),
        *LEARNED,
        *each([LU], [SIGMAS[0], SIGMAS[1]]),
        *each(SIGMAS, [LIMITS]),
        {"algorithm_type": "deis", "solver_type": "logrho"},
        {"solver_type": "bh2"},
        {"solver_order": 4},
        *COMMON,
    ],
    "DPMSolverSinglestep": [
        {},
        {"timestep_spacing": "trailing"},
        *SIGMAS,
        *each(ALGORITHMS, ORDERS, [SIGMA_MIN]),
        *each(DATA_ALGORITHMS, ORDERS[3:]),
        *ALGORITHMS[::2],
        *each(ORDERS[1:], [FULL_ORDER], [{}, SIGMA_MIN]),
        {"solver_order": 4},
        ZERO_SNR,
        CLIPPED,
        {**COSINE, "lambda_min_clipped": -5.1},
        {**COSINE, "use_karras_sigmas": True},
        *each(ALGORITHMS, [THRESHOLDING], [SIGMA_MIN]),
        *LEARNED,
        LU,
        *each(SIGMAS, [LIMITS]),
        {"algorithm_type": "deis", "solver_type": "logrho"},
        *COMMON,
    ],
    "UniPCMultistep": [
        *each(SPACINGS, [{}, *SIGMAS]),
        *each(SIGMAS, [SIGMA_MIN]),
        *each(
            [{"solver_order": order} for order in (1, 2, 3, 4)],
            [{"solver_type": "bh1"}, {"solver_type": "bh2"}],
            [{}, {"predict_x0": False}],
            [SIGMA_MIN],
        ),
        {"solver_order": 3},
        {"solver_type": "bh1"},
        {"predict_x0": False},
        *each([FULL_ORDER], [{}, SIGMA_MIN, {**SIGMA_MIN, "solver_order": 3}]),
        {"disable_corrector": [0]},
        {"disable_corrector": [0, 1, 2, 16], "solver_order": 3},
        *each(SPACINGS, [ZERO_SNR]),
        {**ZERO_SNR, "use_karras_sigmas": True},
        {**COSINE, "use_karras_sigmas": True},
        THRESHOLDING,
        {**THRESHOLDING, **SIGMA_MIN, "predict_x0": False},
        LU,
        CLIPPED,
        *each(SIGMAS, [LIMITS]),
        {"solver_type": "midpoint"},
        {"use_dynamic_shifting": True},
        *COMMON,
    ],
    "DEISMultistep": [
        *each(SPACINGS, [{}, *SIGMAS]),
        *each([{"solver_order": order} for order in (1, 3, 4)], [{}, FULL_ORDER]),
        FULL_ORDER,
        {"algorithm_type": "dpmsolver++", "solver_type": "midpoint"},
        {"algorithm_type": "sde-dpmsolver++"},
        ZERO_SNR,
        {**COSINE, "use_karras_sigmas": True},
        THRESHOLDING,
        *each(SIGMAS, [LIMITS]),
        *COMMON,
    ],
}
