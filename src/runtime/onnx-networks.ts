/** @file The pipeline's networks on ONNX Runtime: four sessions over one checkpoint's own files. */
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import { commonFolder, type WeightSet } from "../checkpoint/weights.js";
import type {
  ImageTensor,
  LatentModelInput,
  LatentMoments,
  Latents,
  Networks,
  PromptEmbeds,
} from "../diffusion/networks.js";
import { buildNetworks } from "../networks/build-networks.js";
import type { Graph } from "../onnx/graph.js";
import { GraphSession } from "./graph-session.js";

export class OnnxNetworks implements Networks {
  readonly #textEncoder: GraphSession;
  readonly #unet: GraphSession;
  readonly #vaeEncoder: GraphSession;
  readonly #vaeDecoder: GraphSession;
  readonly #maxTokens: number;

  private constructor(
    sessions: readonly [GraphSession, GraphSession, GraphSession, GraphSession],
    maxTokens: number,
  ) {
    [this.#textEncoder, this.#unet, this.#vaeEncoder, this.#vaeDecoder] = sessions;
    this.#maxTokens = maxTokens;
  }

  /** `threads` is the number of cores a run may use. Throws INVALID_CHECKPOINT before any session is made. */
  static async open(
    checkpoint: Checkpoint,
    { threads }: { readonly threads: number },
  ): Promise<OnnxNetworks> {
    const graphs = buildNetworks(checkpoint);
    const { textEncoder, unet, vae } = checkpoint;
    const session = (graph: Graph, weights: WeightSet) =>
      GraphSession.open(graph, { weightsDirectory: commonFolder(weights), threads });
    const sessions = await Promise.all([
      session(graphs.textEncoder, textEncoder.weights),
      session(graphs.unet, unet.weights),
      session(graphs.vaeEncoder, vae.weights),
      session(graphs.vaeDecoder, vae.weights),
    ]);
    return new OnnxNetworks(sessions, textEncoder.config.maxPositionEmbeddings);
  }

  encodePrompt(inputIds: Int32Array): Promise<PromptEmbeds> {
    const shape = [inputIds.length / this.#maxTokens, this.#maxTokens];
    return this.#textEncoder.run({ input_ids: { shape, data: inputIds } });
  }

  encodeImage(image: ImageTensor): Promise<LatentMoments> {
    return this.#vaeEncoder.run({ image });
  }

  predictNoise(
    input: LatentModelInput,
    timesteps: Float32Array,
    promptEmbeds: PromptEmbeds,
  ): Promise<Latents> {
    return this.#unet.run({
      sample: input,
      timestep: { shape: [timesteps.length], data: timesteps },
      encoder_hidden_states: promptEmbeds,
    });
  }

  decodeLatents(latents: Latents): Promise<ImageTensor> {
    return this.#vaeDecoder.run({ latents });
  }

  async release(): Promise<void> {
    const sessions = [this.#textEncoder, this.#unet, this.#vaeEncoder, this.#vaeDecoder];
    await Promise.all(sessions.map((session) => session.release()));
  }
}
