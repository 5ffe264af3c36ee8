/**
 * @file What the replies of all operations have: ids and version, and the refusals that come before any path is looked
 * at. Knows no path.
 */
import type { Settings } from "../../config/settings.js";
import { FUNCTION_FAILED_HEADER } from "../answer/error-reply.js";
import { isOpenRoute } from "../api-keys.js";
import { HEADERS_TOO_LONG, SHUTTING_DOWN, UNAUTHORIZED } from "./error-replies.js";
import { mapValues } from "./map-values.js";
import type { Header, Operation, Reply } from "./operation.js";

const TEXT = { type: "string" };

const IDS: Readonly<Record<string, Header>> = {
  "x-request-id": { description: "The request's own, or one generated.", schema: TEXT },
  "x-ms-request-id": {
    description:
      "The request's own, else its `x-ms-client-request-id`, else the `x-request-id` of the answer.",
    schema: TEXT,
  },
};

const VERSION: Readonly<Record<string, Header>> = {
  "x-ms-server-version": { description: "The server's name and version.", schema: TEXT },
};

const FUNCTION_FAILED: Readonly<Record<string, Header>> = {
  [FUNCTION_FAILED_HEADER]: {
    description:
      "Whether scoring itself failed. `False` for what was refused, or failed beside it. Not of a stream of events.",
    schema: { type: "string", enum: ["True", "False"] },
  },
};

/** What could not be read as a request, or not for its ids, is answered without any; that is below the routes mostly. */
const WITHOUT_IDS: readonly string[] = ["408", "431"];

/** As `operation`, its replies whole. */
export function withEveryReply(operation: Operation, settings: Settings): Operation {
  const common = { ...IDS, ...(settings.serverVersionHeader && VERSION) };
  const whole = (reply: Reply, status: string): Reply => ({
    ...reply,
    headers: {
      ...(!WITHOUT_IDS.includes(status) && common),
      ...("application/json" in (reply.content ?? {}) && FUNCTION_FAILED),
      ...reply.headers,
    },
  });
  const replies = {
    431: HEADERS_TOO_LONG,
    503: SHUTTING_DOWN,
    ...operation.replies, // a 503 of their own says more
    ...(!isOpenRoute(operation.path, settings) && { 401: UNAUTHORIZED }),
  };
  return { ...operation, replies: mapValues(replies, whole) };
}
