import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBytes, formatCount } from "../../src/bin/format-bytes.js";

test("three digits and a unit", () => {
  const bytes = [0, 999, 1000, 3533, 999_499, 999_500, 3_463_726_504, 1e18];
  assert.deepEqual(bytes.map(formatBytes), [
    "0 B",
    "999 B",
    "1.00 kB",
    "3.53 kB",
    "999 kB",
    "1.00 MB",
    "3.46 GB",
    "1000 PB",
  ]);
  assert.deepEqual([865_910_724, 12, 1_075_000].map(formatCount), ["866 M", "12", "1.07 M"]);
});
