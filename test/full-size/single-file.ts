/**
 * @file The same weights under the original latent-diffusion names, all in one file. Which tensor goes where is read from
 * what diffusers' own converters make of such a file (test/scripts/goldens/single_file.py).
 */
import { readSingleFileGolden } from "../support/single-file-golden.js";
import { COMPONENTS, type ComponentName } from "./configs.js";
import type { StreamedTensor } from "./streamed-safetensors.js";
import { tensorBytes } from "./weight-values.js";

/** `tensors`: every component's own, by diffusers names. What no network uses (a 24th text layer) gets values too. */
export function singleFileTensors(
  tensorsOf: (component: ComponentName) => readonly StreamedTensor[],
): readonly StreamedTensor[] {
  const { tensors, components } = readSingleFileGolden("sd2-inpainting");
  const parts: { readonly place: number; readonly tensor: StreamedTensor }[][] = tensors.map(() => []);
  for (const component of COMPONENTS) {
    for (const tensor of tensorsOf(component)) {
      const origin = components[component][tensor.name];
      if (origin === undefined) throw new Error(`${component}: the golden has no ${tensor.name}`);
      const [index, place = 0] = origin;
      parts[index]?.push({ place, tensor });
    }
  }
  return tensors.map(([name, shape], i) => {
    const sources = (parts[i] ?? []).sort((a, b) => a.place - b.place).map(({ tensor }) => tensor);
    return {
      name,
      shape,
      *bytes(dtype) {
        if (sources.length === 0) yield* tensorBytes(name, shape, dtype);
        for (const source of sources) yield* source.bytes(dtype);
      },
    };
  });
}
