/** @file Which failures at start are the operator's to mend. Knows words; asks nothing. */
import { InpaintError } from "../errors/inpaint-error.js";
import { mayPass, type ServiceFailure } from "./service-failure.js";

/** What to look at first, where the failure tells. */
function advice({ kind, status, code }: ServiceFailure): string {
  if (status === 401) return "check CONTENT_SAFETY_KEY, or that the endpoint is the key's own";
  if (status === 403) return "the identity needs the role Cognitive Services User on the resource";
  if (kind === "rejected") return "check the names in CONTENT_SAFETY_BLOCKLISTS";
  if (code?.startsWith("Credential") || code?.startsWith("Authentication")) return "check UAI_CLIENT_ID";
  return "check CONTENT_SAFETY_ENDPOINT";
}

/** Undefined for what passes by itself: the server starts, and fails closed. */
export function refusalToStart(failure: ServiceFailure): InpaintError | undefined {
  if (mayPass(failure) || failure.kind === "crowded") return undefined;
  return new InpaintError(
    "INVALID_SETTING",
    `content safety is configured but cannot be used: it ${failure.message}; ${advice(failure)}`,
  );
}
