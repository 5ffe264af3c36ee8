/** @file The pipeline's networks on ONNX Runtime: four sessions over one checkpoint's own files. */
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import type { TextEncoderConfig } from "../checkpoint/text-encoder-config.js";
import { commonFolder, type WeightSet } from "../checkpoint/weights.js";
import type {
  ImageTensor,
  LatentModelInput,
  LatentMoments,
  Latents,
  Networks,
  PromptEmbeds,
} from "../diffusion/networks.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { buildNetworks } from "../networks/build-networks.js";
import { promptOutput } from "../networks/text-encoder.js";
import type { Graph } from "../onnx/graph.js";
import { GraphSession } from "./graph-session.js";

export class OnnxNetworks implements Networks {
  readonly #textEncoder: GraphSession;
  readonly #unet: GraphSession;
  readonly #vaeEncoder: GraphSession;
  readonly #vaeDecoder: GraphSession;
  readonly #textConfig: TextEncoderConfig;

  private constructor(
    sessions: readonly [GraphSession, GraphSession, GraphSession, GraphSession],
    textConfig: TextEncoderConfig,
  ) {
    [this.#textEncoder, this.#unet, this.#vaeEncoder, this.#vaeDecoder] = sessions;
    this.#textConfig = textConfig;
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
    return new OnnxNetworks(sessions, textEncoder.config);
  }

  async encodePrompt(inputIds: Int32Array, clipSkip: number): Promise<PromptEmbeds> {
    const { maxPositionEmbeddings: length, numHiddenLayers: layers } = this.#textConfig;
    if (clipSkip > layers) {
      throw new InpaintError(
        "INVALID_INPUT",
        `clip_skip ${clipSkip}: this checkpoint's text encoder has ${layers} layers to leave out`,
      );
    }
    const shape = [inputIds.length / length, length];
    return this.#textEncoder.run({ input_ids: { shape, data: inputIds } }, promptOutput(clipSkip));
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
