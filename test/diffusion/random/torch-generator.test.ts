import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { TorchGenerator } from "../../../src/diffusion/random/torch-generator.js";
import { assertAllClose } from "../../support/all-close.js";
import { readGoldenJson, readGoldenTensor } from "../../support/golden.js";

// test/scripts/goldens/random.py: torch.Generator().manual_seed(seed), torch.randn(count, generator=…)
const casesSchema = z.array(
  z.object({
    seed: z.number(),
    actions: z.array(z.object({ kind: z.enum(["draw", "reseed"]), value: z.number() })),
  }),
);
/** Draws below this many values take torch's double path and are equal to the last bit. */
const BLOCK = 16;
const ABSOLUTE_TOLERANCE = 2e-6;

test("TorchGenerator draws what torch.randn draws", async (t) => {
  const { data: values } = readGoldenTensor("random/values.npy");
  let offset = 0;
  for (const { seed, actions } of readGoldenJson("random/cases.json", casesSchema)) {
    const name = actions.map(({ kind, value }) => (kind === "draw" ? value : `reseed ${value}`)).join(", ");
    await t.test(`seed ${seed}: ${name}`, (t) => {
      const generator = new TorchGenerator(seed);
      for (const { kind, value } of actions) {
        if (kind === "reseed") {
          generator.reseed(value);
          continue;
        }
        const actual = generator.randn(value);
        const expected = values.subarray(offset, offset + value);
        offset += value;
        if (value < BLOCK) assert.deepEqual(actual, expected);
        else
          assertAllClose(t, `randn(${value})`, actual, expected, {
            absolute: ABSOLUTE_TOLERANCE,
          });
      }
    });
  }
  assert.equal(offset, values.length, "every golden value was compared");
});

test("a seed counts modulo 2^32", () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 32 - 1),
      fc.nat(2 ** 21 - 1),
      fc.integer({ min: 1, max: 40 }),
      (low, high, count) => {
        assert.deepEqual(
          new TorchGenerator(high * 2 ** 32 + low).randn(count),
          new TorchGenerator(low).randn(count),
        );
      },
    ),
  );
});

test("reseeding starts over, whatever was drawn before", () => {
  const counts = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.nat(), counts, counts, (seed, before, after) => {
      const used = new TorchGenerator(seed + 1);
      for (const count of before) used.randn(count);
      used.reseed(seed);
      const fresh = new TorchGenerator(seed);
      for (const count of after) assert.deepEqual(used.randn(count), fresh.randn(count));
    }),
  );
});

test("a seed that is no integer from 0 to 2^53 - 1 is refused", () => {
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    assert.throws(() => new TorchGenerator(seed), /seed is an integer/);
    assert.throws(() => new TorchGenerator(0).reseed(seed), /seed is an integer/);
  }
});
