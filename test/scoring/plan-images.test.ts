/** @file When places are taken and given back. The runner counts them; the real queue is tested with the engine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobPlan } from "../../src/diffusion/inpaint-job.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { createMetrics } from "../../src/observability/metrics.js";
import type { ImageCodec, JobRunner, ReserveOptions } from "../../src/scoring/ports.js";
import { createScorer } from "../../src/scoring/score.js";
import { GEOMETRY, NO_TIMES } from "./job-runners.js";
import { body, codec, limits, options, row } from "./scoring.js";

interface Reservation {
  readonly plans: readonly JobPlan[];
  readonly options: ReserveOptions;
  readonly run: number[];
  released: number;
}

/** A runner whose jobs give their own image back, unless `fails` names their prompt. */
function countingRunner(fails?: string) {
  const reservations: Reservation[] = [];
  const runner: JobRunner = {
    geometry: GEOMETRY,
    problemsWith: () => [],
    reserve(plans, reserveOptions) {
      const reservation: Reservation = { plans, options: reserveOptions, run: [], released: 0 };
      reservations.push(reservation);
      return {
        run: async (index, { prompt, image }) => {
          reservation.run.push(index);
          if (prompt === fails) throw new InpaintError("WORKER_LOST", "the worker died");
          return { image, times: NO_TIMES, warnings: [] };
        },
        release: () => {
          reservation.released++;
        },
      };
    },
  };
  return { runner, reservations };
}

/** Without room for anything. */
const fullRunner: JobRunner = {
  geometry: GEOMETRY,
  problemsWith: () => [],
  reserve: () => {
    throw new InpaintError("QUEUE_FULL", "no room", { retryAfterMs: 3000 });
  },
};

/** The real codec, and how many images it was given. */
function countingCodec() {
  const decoded = { count: 0 };
  const counting: ImageCodec = {
    ...codec,
    decode: (bytes, decodeOptions) => {
      decoded.count++;
      return codec.decode(bytes, decodeOptions);
    },
  };
  return { codec: counting, decoded };
}

function scorerOf(runner: JobRunner) {
  const { codec: counting, decoded } = countingCodec();
  return { scorer: createScorer({ codec: counting, runner, limits, metrics: createMetrics() }), decoded };
}

test("each image of the request has a place of its own, which is given back in the end", async () => {
  const { runner, reservations } = countingRunner();
  const data = [row("a", { num_images_per_prompt: 2, num_inference_steps: 7 }), row("b")];
  const asked = { ...options, deadlineMs: 1234, priority: "batch" } as const;
  await scorerOf(runner).scorer.score(body(data), asked);
  assert.equal(reservations.length, 1);
  const [reservation] = reservations;
  assert.deepEqual(
    reservation?.plans.map(({ numInferenceSteps }) => numInferenceSteps),
    [7, 7, 50],
  );
  assert.deepEqual(reservation?.options, { signal: asked.signal, deadlineMs: 1234, priority: "batch" });
  assert.deepEqual(reservation?.run, [0, 1, 2]);
  assert.equal(reservation?.released, 1);
});

test("a request without room is refused before any image is decoded", async () => {
  const { scorer, decoded } = scorerOf(fullRunner);
  await assert.rejects(scorer.score(body([row("a")]), options), { code: "QUEUE_FULL", retryAfterMs: 3000 });
  assert.equal(decoded.count, 0);
});

test("the places are given back when an image cannot be read", async () => {
  const { runner, reservations } = countingRunner();
  const { scorer } = scorerOf(runner);
  await assert.rejects(scorer.score(body([row("a"), row("b", { image: "%" })]), options), {
    code: "INVALID_INPUT",
  });
  assert.deepEqual(
    reservations.map(({ plans, run, released }) => [plans.length, run.length, released]),
    [[2, 0, 1]],
  );
});

test("the places are given back when a job fails", async () => {
  const { runner, reservations } = countingRunner("bad");
  await assert.rejects(scorerOf(runner).scorer.score(body([row("a"), row("bad")]), options), {
    code: "WORKER_LOST",
  });
  assert.equal(reservations[0]?.released, 1);
});

test("a request that is known to be bad takes no place; its images are looked at while there is room", async () => {
  const bad = body([row("a", { seed: "x" }), row("b", { image: "%" })]);
  const { runner, reservations } = countingRunner();
  await assert.rejects(scorerOf(runner).scorer.score(bad, options), {
    code: "INVALID_INPUT",
    message: /data\[0\]\.seed: .*; data\[1\]\.image: not base64/,
  });
  assert.deepEqual(
    reservations.map(({ plans, released }) => [plans.length, released]),
    [[0, 1]],
  );

  const { scorer, decoded } = scorerOf(fullRunner);
  await assert.rejects(scorer.score(bad, options), {
    code: "INVALID_INPUT",
    message: /^data\[0\]\.seed: expected a whole number from 0 to \d+, got "x"$/,
  });
  assert.equal(decoded.count, 0);
});
