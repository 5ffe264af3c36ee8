/** @file Whether content is to be screened. Knows settings; loads nothing of the service's client. */
import type { Settings } from "../config/settings.js";
import { InpaintError } from "../errors/inpaint-error.js";

/** Who sets one of these expects that content is screened. */
type WithEndpoint = Pick<
  Settings,
  | "contentSafetyEndpoint"
  | "contentSafetyKey"
  | "uaiClientId"
  | "contentSafetyAuth"
  | "contentSafetyBlocklists"
  | "contentSafetyThresholdHate"
  | "contentSafetyThresholdSelfHarm"
  | "contentSafetyThresholdSexual"
  | "contentSafetyThresholdViolence"
>;

/** Throws InpaintError INVALID_SETTING where a setting says something of screening and the service's address is missing. */
export function isScreeningAsked(settings: WithEndpoint): boolean {
  if (settings.contentSafetyEndpoint !== "") return true;
  const without: Readonly<Record<string, boolean>> = {
    CONTENT_SAFETY_KEY: settings.contentSafetyKey !== "",
    UAI_CLIENT_ID: settings.uaiClientId !== "",
    CONTENT_SAFETY_AUTH: settings.contentSafetyAuth !== "",
    CONTENT_SAFETY_BLOCKLISTS: settings.contentSafetyBlocklists.length > 0,
    CONTENT_SAFETY_THRESHOLD_HATE: settings.contentSafetyThresholdHate !== undefined,
    CONTENT_SAFETY_THRESHOLD_SELF_HARM: settings.contentSafetyThresholdSelfHarm !== undefined,
    CONTENT_SAFETY_THRESHOLD_SEXUAL: settings.contentSafetyThresholdSexual !== undefined,
    CONTENT_SAFETY_THRESHOLD_VIOLENCE: settings.contentSafetyThresholdViolence !== undefined,
  };
  for (const [name, isSet] of Object.entries(without)) {
    if (!isSet) continue;
    throw new InpaintError(
      "INVALID_SETTING",
      `${name} is set without CONTENT_SAFETY_ENDPOINT: nothing would be screened`,
    );
  }
  return false;
}
