/** @file The GPU check runs where only production dependencies are installed. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { rootPath } from "../support/paths.js";

const IMPORT = /^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm;

test("what the compiled program loads is its own, Node's, or a production dependency", async () => {
  const text = await readFile(join(rootPath, "package.json"), "utf8");
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(text));
  const files = [new URL("./gpu-check.js", import.meta.url).href];
  const packages = new Set<string>();
  for (const file of files) {
    for (const match of (await readFile(new URL(file), "utf8")).matchAll(IMPORT)) {
      const specifier = match[1] ?? match[2] ?? match[3] ?? "";
      if (!specifier.startsWith(".")) packages.add(specifier);
      else {
        const { href } = new URL(specifier, file);
        if (!files.includes(href)) files.push(href);
      }
    }
  }
  assert.ok(packages.has("onnxruntime-node") && packages.has("sharp"), [...packages].join());
  assert.ok(!packages.has("node:test"));
  const names = [...packages].filter((name) => !name.startsWith("node:"));
  const nameOf = (specifier: string) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  assert.deepEqual(
    names.filter((name) => !Object.hasOwn(dependencies, nameOf(name))),
    [],
  );
});
