/**
 * @file What has no route: unknown paths, methods that a path does not have, OPTIONS. Knows Azure ML's words for it, and
 * the paths as they are added.
 */
import type { FastifyInstance } from "fastify";
import type { Settings } from "../config/settings.js";
import { InpaintError } from "../errors/inpaint-error.js";
import { leaveBare } from "./answer/answer-headers.js";
import { unknownModel } from "./head/unknown-model.js";
import { writtenPath } from "./head/written-path.js";

/** By path, as clients write it. */
export type Methods = ReadonlyMap<string, ReadonlySet<string>>;

/** Werkzeug's sentences, which Azure ML's clients see. */
const NOT_FOUND_MESSAGE =
  "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.";
const METHOD_NOT_ALLOWED_MESSAGE = "The method is not allowed for the requested URL.";

/** The methods each path answers, gathered as routes are added. */
export function collectMethods(app: FastifyInstance): Methods {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const path = writtenPath(url);
    const known = methods.get(path) ?? new Set();
    for (const name of [method].flat()) known.add(name);
    methods.set(path, known);
  });
  return methods;
}

/** 200 on every path there is, as Azure ML's server; what browsers want to know is in the headers of `allowOrigins`. */
export function answerOptions(app: FastifyInstance, methods: Methods): void {
  app.addHook("onRequest", async (request, reply) => {
    if (request.method !== "OPTIONS") return;
    const [path = ""] = request.url.split("?", 1);
    const allowed = methods.get(path);
    if (allowed === undefined) {
      leaveBare(reply);
      throw new InpaintError("NOT_FOUND", NOT_FOUND_MESSAGE);
    }
    return reply
      .header("allow", [...allowed, "OPTIONS"].join(", "))
      .type("text/html; charset=utf-8")
      .send("");
  });
}

/** Azure ML's scoring path takes GET and HEAD itself, and refuses them in words of its own. */
function refuseAsScoringScript(
  method: string,
  path: string,
  { azuremlStrict }: Pick<Settings, "azuremlStrict">,
): void {
  if (path !== "/score") return;
  if (method === "HEAD") throw new InpaintError("METHOD_NOT_ALLOWED", "Method not allowed");
  if (method === "GET" && azuremlStrict) {
    throw new InpaintError("INPUT_DATA_MISSING", "A value is not provided for the 'input_data' parameter.");
  }
}

/** 404 or 405 for whatever the router did not find. */
export function refuseUnrouted(
  app: FastifyInstance,
  methods: Methods,
  settings: Pick<Settings, "azuremlStrict" | "modelName">,
): void {
  app.addHook("onRequest", async (request, reply) => {
    if (!request.is404) return;
    const [path = ""] = request.url.split("?", 1);
    refuseAsScoringScript(request.method, path, settings);
    leaveBare(reply);
    const allowed = methods.get(path);
    if (allowed === undefined) {
      throw new InpaintError("NOT_FOUND", unknownModel(path, settings.modelName) ?? NOT_FOUND_MESSAGE);
    }
    reply.header("allow", [...allowed].join(", "));
    throw new InpaintError("METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED_MESSAGE);
  });
}
