/**
 * @file What this server owes clients that were written for Azure ML's endpoints of the model, a row an id. C are errors,
 * D headers, F probes, G the API document, M decisions where those endpoints differ among themselves, X further decisions,
 * N whole cases. Knows no test. An id that means a flavour this server does not mimic says what it does instead.
 */

const ERRORS = {
  C1: "every error is JSON with a message alone, and says whether scoring failed",
  C2: "a body that is no JSON is a 400 with the parser's words",
  C3: "an empty body is a 400 of its own",
  C4: "JSON that is no object is a 400 of its own",
  C5: "a body without rows is a 400 that asks for input_data",
  C6: "a content type that is not JSON, or none, is a 415",
  C7: "what breaks in scoring is one opaque 500 marked as scoring's; bad rows are one too where AZUREML_STRICT asks for it",
  C8: "a request that outlives SCORING_TIMEOUT_MS is a 500 that names the limit",
  C9: "a body that is not UTF-8 is a 400, or with AZUREML_STRICT a 500 that is not scoring's",
  C10: "an x-request-id of more than 100 characters is a 431",
  C11: "a client's id of more than 100 characters is a 431",
  C12: "a path that is not there is a 404 in Werkzeug's words, also with a slash too many",
  C13: "a method that a path does not have is a 405",
  C14: "HEAD /score is a 405 without a body",
  C15: "the reason of a failure is in the log and not in the answer",
  C16: "a body over MAX_BODY_BYTES is a 413, in JSON instead of a proxy's HTML",
  C17: "WORKER_TIMEOUT is not read, and a worker that dies costs its request a retry instead of a 502",
  C18: "no failure hides behind a 200: {} with 200 is content that was refused, and nothing else",
  C19: "a body that cannot be read is a 400 with a message, not a 500 with an error object",
  C20: "404 and 405 have a message and no detail; a 405 lists the methods in Allow; a slash too many is not redirected",
  C21: "MLflow's path has the same errors as /score: a message, and no error_code",
  C22: "a missing column is named with its row, as this server names every fault",
} as const;

const HEADERS = {
  D1: "each way of sending ids has its ids in the answer",
  D2: "JSON says whether scoring failed, True or False; GET / does not",
  D3: "a 200 that scored has its milliseconds with three decimals, an error has none",
  D4: "the server names itself and its version, unless that is switched off",
  D5: "a 404 or 405 has neither ids nor version",
  D6: "a 431 has those ids that are not too long",
  D7: "TraceId comes back",
  D8: "nothing in a body changes the request id of its answer",
  D9: "a scored answer has all of these headers, for clients of every flavour",
  D10: "ids are not rewritten or cut to a gateway's 40 characters",
  D11: "the headers that a gateway adds to a failure are left to the gateway",
  D12: "with API_KEYS a bearer token is asked for, and both keys are good",
  D13: "azureml-model-deployment is the gateway's: it changes nothing here",
  D14: "no key, a wrong one and a malformed header are all the same 401",
  D15: "the origins of AML_CORS_ORIGINS are echoed, on errors too, and no others",
  D16: "OPTIONS is a 200 without a body, CORS or not; a preflight gets methods and headers",
  D17: "no origin is allowed unless it is named; OPTIONS without one is a 200",
  D18: "a preflight needs no key, as no browser sends one",
} as const;

const PROBES = {
  F1: "GET / is Healthy as HTML, also before the model is open; HEAD has its head",
  F2: "GET / is the word itself, not a JSON string, and HEAD is no 405",
  F3: "SEPERATE_HEALTH_ENDPOINT answers the probes on HEALTH_PORT, and nothing else there",
  F4: "GET /info tells the model and what it runs on",
  F5: "MLflow's /ping and /health are a line break in JSON, /version is text",
  F6: "the deployment's own liveness, readiness and scoring routes are answered",
  F7: "readiness is a 503 until the model of AZUREML_MODEL_DIR is open",
  F8: "probes are answered while a job runs",
} as const;

const API_DOCUMENT = {
  G1: "/swagger.json is 2.0, or what version asks for by either of its names",
  G2: "another version is a 404 that lists those there are; POST is a 405",
  G3: "title, version and prefix are the service's; paths, operations and schemas have Azure ML's names",
  G4: "the schemas are the model's: split orientation with three keys in, records out, and both have their format",
  G5: "a swagger.json in the application's folder is not read: there is no scripted application",
  G6: "the document is of images and masks, not a chat's",
} as const;

const DECISIONS = {
  M1: "mask and mask_image are the same column; mask_image wins; object rows are read by key",
  M2: "an answer's rows have the prompt",
  M3: "nsfw_content_detected is null where nobody looked, true or false where somebody did",
  M4: "parameters may stand in four places and in the row; the innermost counts",
  M5: "rows come in every shape and under every key, with the same picture; /invocations wraps it in predictions",
  M6: "index may be absent, has to fit where it is there, and is not echoed",
  M7: "bad rows are a 400 that names them, or with AZUREML_STRICT Azure ML's 500",
  M8: "GET / is Healthy, and HEAD, /ping and /health are answered as well",
  M9: "an image is a PNG unless another format is asked for",
  M10: "base64 may be wrapped, have a data: prefix, lack its padding or be url-safe; what is none is a 400",
  M11: "an image by URL is a 400, unless its host is on the operator's list",
  M12: "images of every mode become 8-bit RGB",
  M13: "content is blocked by a severity over the threshold, which is 2, not by one that equals it",
  M14: "content safety that is asked for and cannot work ends the server at its start",
  M15: "prompt and negative prompt are screened as text, image, mask and result as images, and nothing else is",
  M16: "batch, which is not built yet: images are files, or base64 in their column",
  M17: "batch, which is not built yet: predictions have commas, a row number and no header",
  M18: "a client's id of 100 characters comes back whole, one of 101 is a 431",
  M19: "the deployment or model that a client names elsewhere than in KServe's paths makes no difference",
  M20: "an image over 2048 pixels an edge is screened, as a smaller one",
  M21: "GET /score is a 405, or with AZUREML_STRICT a 400 that asks for input_data",
} as const;

const FURTHER_DECISIONS = {
  X1: "bodies are bounded at 32 MiB; NaN is a 400, a byte order mark is none; EXIF is ignored with a warning",
  X2: "a row has three keys, with details three more; seeds are in a header; a row that failed says why",
  X3: "unknown columns are ignored, unknown parameters are a 400 that lists the known ones",
  X4: "one time limit, which a request that is too long even alone meets; a queue without room is a 429",
  X5: "content safety has a threshold for each category, and a screened stream has no previews",
  X6: "a black mask gives the input back with a warning, so does another aspect; a mask's alpha is not looked at",
  X7: "output_format and output_quality choose the file; the operator's caps and defaults hold",
  X8: "GET /info tells name, hash, architecture, type, provider and limits",
} as const;

const CASES = {
  N1: "the model card's sample as it stands, with two rows",
  N2: "the first notebook's sample, its base64 wrapped",
  N3: "the second notebook's sample: the engine is given its parameters",
  N4: "rows that are lists, in the columns' order",
  N5: "any index of the right length",
  N6: "an index of another length",
  N7: "a body that is cut off",
  N8: "an empty body, and one that is a list",
  N9: "a body without input_data",
  N10: "content types, good and bad",
  N11: "a row without a mask, and one whose image is text, in both modes",
  N12: "an engine that throws, and one that is too slow",
  N13: "ids, trace and time",
  N14: "health and readiness",
  N15: "OPTIONS and origins",
  N16: "the API document's versions",
  N17: "a wrong method and a wrong path",
  N18: "a blocked prompt, a blocked image and a service out of reach",
  N19: "batch, which is not built yet: two files",
  N20: "batch, which is not built yet: screened rows",
} as const;

export const CONTRACT = {
  ...ERRORS,
  ...HEADERS,
  ...PROBES,
  ...API_DOCUMENT,
  ...DECISIONS,
  ...FURTHER_DECISIONS,
  ...CASES,
} as const;
export type ContractId = keyof typeof CONTRACT;

/** How many ids each letter has: 1 … n, none left out. */
export const ROWS_OF_LETTER: Readonly<Record<string, number>> = {
  C: 22,
  D: 18,
  F: 8,
  G: 6,
  M: 21,
  X: 8,
  N: 20,
};

/** Ids that no server can show over HTTP, and why. */
export const NOT_OVER_HTTP = {
  M16: "where a batch writes its images: it reads and writes files, and no server takes part",
  M17: "the form of a batch's file of predictions",
  N19: "a batch's files in and out",
  N20: "a batch's files, screened",
} as const satisfies Partial<Record<ContractId, string>>;

export type ShownId = Exclude<ContractId, keyof typeof NOT_OVER_HTTP>;
