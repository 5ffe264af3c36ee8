/**
 * @file Where the service is and as whom it is asked, from the settings. What cannot work is InpaintError
 * INVALID_SETTING before anything is sent. Knows no request.
 */
import { AzureKeyCredential, type KeyCredential, type TokenCredential } from "@azure/core-auth";
import { ManagedIdentityCredential } from "@azure/identity";
import type { Settings } from "../config/settings.js";
import { InpaintError } from "../errors/inpaint-error.js";

export interface Connection {
  /** Scheme and host, without a slash at its end. */
  readonly endpoint: string;
  /** Absent: the service asks for none. */
  readonly credential: KeyCredential | TokenCredential | undefined;
  readonly insecure: boolean;
  /** It is on this machine: no proxy is to be between, which would read what goes over http. */
  readonly direct: boolean;
}

export type ConnectionSettings = Pick<
  Settings,
  "contentSafetyEndpoint" | "contentSafetyKey" | "uaiClientId" | "contentSafetyAuth"
>;

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function invalid(message: string): InpaintError {
  return new InpaintError("INVALID_SETTING", message);
}

function endpointOf(value: string): URL {
  try {
    return new URL(value);
  } catch {
    throw invalid("CONTENT_SAFETY_ENDPOINT is not a URL");
  }
}

/** The library waits 0.8 s, then 1.6 s between its attempts at a token: a third wait would outlast an attempt's own time. */
const TOKEN_RETRIES = 2;

/** Named outright: a chain of credentials would try others first, and fail slower. */
function managedIdentity(clientId: string): TokenCredential {
  return new ManagedIdentityCredential({
    ...(clientId === "" ? {} : { clientId }),
    retryOptions: { maxRetries: TOKEN_RETRIES },
  });
}

function credentialOf({
  contentSafetyAuth: auth,
  contentSafetyKey: key,
  uaiClientId: clientId,
}: ConnectionSettings): Connection["credential"] {
  switch (auth) {
    case "none":
      return undefined;
    case "key":
      if (key === "") throw invalid("CONTENT_SAFETY_AUTH is key, but CONTENT_SAFETY_KEY is not set");
      return new AzureKeyCredential(key);
    case "identity":
      return managedIdentity(clientId);
    case "":
      if (key !== "") return new AzureKeyCredential(key);
      if (clientId !== "") return managedIdentity(clientId);
      throw invalid(
        "CONTENT_SAFETY_ENDPOINT is set, but neither CONTENT_SAFETY_KEY nor UAI_CLIENT_ID is: set one of them, " +
          "or CONTENT_SAFETY_AUTH",
      );
    default:
      throw new Error(`an authentication of an unknown kind: ${auth satisfies never}`);
  }
}

export function connectionOf(settings: ConnectionSettings): Connection {
  const { protocol, hostname, origin } = endpointOf(settings.contentSafetyEndpoint);
  const insecure = protocol === "http:";
  const direct = LOOPBACK_HOST.test(hostname);
  const credential = credentialOf(settings);
  if (insecure && credential !== undefined && "getToken" in credential) {
    throw invalid("CONTENT_SAFETY_ENDPOINT is http: a managed identity's token is sent over https only");
  }
  if (insecure && credential !== undefined && !direct) {
    throw invalid(
      "CONTENT_SAFETY_ENDPOINT is http and not on this machine: the key would be readable on the way; use https, " +
        "or CONTENT_SAFETY_AUTH=none for a container that needs no key",
    );
  }
  return { endpoint: origin, credential, insecure, direct };
}
