/** @file Counts the time spent inside the networks, so that what is spent around them can be told apart. */
import type { Networks } from "../../src/diffusion/networks.js";

export interface NetworkTime {
  calls: number;
  ms: number;
}

export type NetworkTimes = Readonly<Record<keyof Networks, NetworkTime>>;

export function timedNetworks(networks: Networks): {
  readonly networks: Networks;
  readonly times: NetworkTimes;
} {
  const times: NetworkTimes = {
    encodePrompt: { calls: 0, ms: 0 },
    encodeImage: { calls: 0, ms: 0 },
    predictNoise: { calls: 0, ms: 0 },
    decodeLatents: { calls: 0, ms: 0 },
  };
  const timed = async <T>(time: NetworkTime, run: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await run();
    time.ms += performance.now() - start;
    time.calls += 1;
    return result;
  };
  return {
    times,
    networks: {
      encodePrompt: (...args) => timed(times.encodePrompt, () => networks.encodePrompt(...args)),
      encodeImage: (image) => timed(times.encodeImage, () => networks.encodeImage(image)),
      predictNoise: (input, timesteps, embeds) =>
        timed(times.predictNoise, () => networks.predictNoise(input, timesteps, embeds)),
      decodeLatents: (latents) => timed(times.decodeLatents, () => networks.decodeLatents(latents)),
    },
  };
}
