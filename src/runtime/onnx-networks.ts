/** @file The pipeline's networks on ONNX Runtime: four sessions over one checkpoint's own files. */
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import type { TextEncoderConfig } from "../checkpoint/config/text-encoder-config.js";
import { commonFolder, type WeightSet } from "../checkpoint/weights/weights.js";
import type {
  ImageTensor,
  LatentModelInput,
  LatentMoments,
  Latents,
  Networks,
  PromptEmbeds,
} from "../diffusion/networks.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { buildNetworks, type NetworkGraphs } from "../networks/build-networks.js";
import { promptOutput } from "../networks/text-encoder.js";
import type { Graph } from "../onnx/graph.js";
import { type ExecutionProvider, GraphSession } from "./graph-session.js";
import { PRECISION_OF } from "./precision.js";
import { type SessionTuning, TEXT_ENCODER_TUNING, UNET_TUNING, VAE_TUNING } from "./session-tuning.js";

export interface OnnxNetworksOptions {
  /** The number of cores a run may use. */
  readonly threads: number;
  /** Absent: the CPU. One that works (`chooseProvider`). */
  readonly executionProvider?: ExecutionProvider;
}

type OpenUnet = (tuning: SessionTuning) => Promise<GraphSession>;

export class OnnxNetworks implements Networks {
  readonly #textEncoder: GraphSession;
  #unet: GraphSession;
  readonly #vaeEncoder: GraphSession;
  readonly #vaeDecoder: GraphSession;
  readonly #textConfig: TextEncoderConfig;
  readonly #openUnet: OpenUnet;

  private constructor(
    sessions: readonly [GraphSession, GraphSession, GraphSession, GraphSession],
    textConfig: TextEncoderConfig,
    openUnet: OpenUnet,
  ) {
    [this.#textEncoder, this.#unet, this.#vaeEncoder, this.#vaeDecoder] = sessions;
    this.#textConfig = textConfig;
    this.#openUnet = openUnet;
  }

  /** Throws INVALID_CHECKPOINT before any session is made when weights and configs do not fit. */
  static async open(checkpoint: Checkpoint, options: OnnxNetworksOptions): Promise<OnnxNetworks> {
    const precision = PRECISION_OF[options.executionProvider ?? "cpu"];
    return OnnxNetworks.openGraphs(buildNetworks(checkpoint, { precision }), checkpoint, options);
  }

  /** `graphs` are of `checkpoint`. */
  static async openGraphs(
    graphs: NetworkGraphs,
    { textEncoder, unet, vae }: Checkpoint,
    { threads, executionProvider = "cpu" }: OnnxNetworksOptions,
  ): Promise<OnnxNetworks> {
    const session = (graph: Graph, weights: WeightSet, tuning: SessionTuning) =>
      GraphSession.open(graph, {
        weightsDirectory: commonFolder(weights),
        threads,
        executionProvider,
        tuning,
      });
    const openUnet: OpenUnet = (tuning) => session(graphs.unet, unet.weights, tuning);
    const sessions = await Promise.all([
      session(graphs.textEncoder, textEncoder.weights, TEXT_ENCODER_TUNING),
      openUnet(UNET_TUNING),
      session(graphs.vaeEncoder, vae.weights, VAE_TUNING),
      session(graphs.vaeDecoder, vae.weights, VAE_TUNING),
    ]);
    return new OnnxNetworks(sessions, textEncoder.config, openUnet);
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

  /**
   * Memory is short: give back what UNet runs kept for the next ones, and keep nothing from now on. Only once. The UNet
   * is opened anew, since ONNX Runtime for Node has no other way to empty an arena: of `run`'s options it reads neither
   * `extra` nor any that would. Only between runs; rejects as `open`, and the networks are of no use then.
   */
  async economize(): Promise<void> {
    await this.#unet.release();
    this.#unet = await this.#openUnet({ ...UNET_TUNING, arena: false });
  }

  async release(): Promise<void> {
    const sessions = [this.#textEncoder, this.#unet, this.#vaeEncoder, this.#vaeDecoder];
    await Promise.all(sessions.map((session) => session.release()));
  }
}
