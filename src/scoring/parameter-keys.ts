/** @file The keys that parameters for every row stand under. */

/** The later wins. `params` is MLflow's word, `parameters` that of the published samples. */
export const PARAMETER_KEYS = ["params", "parameters"] as const;
