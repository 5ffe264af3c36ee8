/**
 * @file What goes wrong inside scoring is told apart from what goes wrong around it, as Azure ML's headers do. Knows
 * error codes; knows no request.
 */
import { InpaintError } from "../errors/inpaint-error.js";
import type { Scorer } from "../scoring/score.js";
import { errorReply, FUNCTION_FAILED_HEADER } from "./answer/error-reply.js";

/** Bad rows and parameters as Azure ML's server sees them: its script raises, and the log says where. */
function strictly(error: InpaintError): InpaintError {
  if (error.code !== "INVALID_INPUT") return error;
  // The message may quote the caller, which is not for the log.
  const where = error.places.length === 0 ? "the body as a whole" : error.places.join(", ");
  return new InpaintError("INFERENCE_FAILED", `bad input, answered as Azure ML does: ${where}`);
}

/** What would be a fault of the server anywhere else. */
function isFault(error: unknown): boolean {
  const { status, headers } = errorReply(error);
  return status === 500 && headers[FUNCTION_FAILED_HEADER] === "False";
}

/** As `scorer`, which rejects with InpaintErrors alone: a fault that comes from it is one of scoring. */
export function withScoringFaults(scorer: Scorer, strict: boolean): Scorer {
  function refuse(error: unknown): never {
    if (!(error instanceof InpaintError) || isFault(error)) {
      throw new InpaintError("INFERENCE_FAILED", "scoring failed", { cause: error });
    }
    throw strict ? strictly(error) : error;
  }
  return {
    // not async: what waits for the jobs would hold the body
    score: (body, options) => scorer.score(body, options).catch(refuse),
  };
}
