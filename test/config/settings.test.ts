/** @file The settings: defaults, every kind of bad value, contradictions, and what the README says of them. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { SAFETY_SETTINGS } from "../../src/config/definitions/safety-settings.js";
import { readSettings, SETTINGS, unknownSafetyVariables } from "../../src/config/settings.js";
import { SCHEDULER_NAMES } from "../../src/diffusion/inpaint-job.js";
import { EXECUTION_PROVIDERS } from "../../src/engine/protocol.js";
import { InpaintError } from "../../src/errors/inpaint-error.js";
import { settingsTable } from "../support/settings-table.js";

/** The message of the refusal of `env`; fails when `env` is accepted. */
function refusal(env: Record<string, string>): string {
  try {
    readSettings(env);
  } catch (error) {
    assert.ok(error instanceof InpaintError);
    assert.equal(error.code, "INVALID_SETTING");
    return error.message;
  }
  return assert.fail(`accepted ${JSON.stringify(env)}`);
}

test("an empty environment gives the defaults", () => {
  const settings = readSettings({});
  assert.equal(settings.port, 5001);
  assert.equal(settings.host, "0.0.0.0");
  assert.equal(settings.maxBodyBytes, 32 * 1024 * 1024);
  assert.equal(settings.maxRows, 16);
  assert.equal(settings.promptCacheBytes, 64 * 1024 * 1024);
  assert.equal(settings.latentCacheBytes, 64 * 1024 * 1024);
  assert.equal(settings.resultCacheBytes, 0);
  assert.equal(settings.defaultSteps, 50);
  assert.equal(settings.defaultScheduler, "");
  assert.equal(settings.modelDir, undefined);
  assert.equal(settings.variant, "");
  assert.equal(settings.tokenizerDir, undefined);
  assert.equal(settings.predictionType, "");
  assert.equal(settings.executionProvider, "auto");
  assert.equal(settings.logLevel, "info");
});

test("each default lies in its own range", () => {
  for (const setting of Object.values(SETTINGS)) {
    if (setting.kind === "integer") {
      assert.ok(setting.fallback >= setting.min && setting.fallback <= setting.max, setting.env);
    }
    if (setting.kind === "choice") {
      assert.ok(
        setting.choices.some((choice) => choice === setting.fallback),
        setting.env,
      );
    }
  }
});

test("each variable is read", () => {
  const settings = readSettings({
    MODEL_DIR: "/models/a",
    VARIANT: "fp16",
    TOKENIZER_DIR: "/models/tokenizer",
    PREDICTION_TYPE: "v_prediction",
    EXECUTION_PROVIDER: "cuda",
    HOST: "127.0.0.1",
    PORT: "0",
    SEPERATE_HEALTH_ENDPOINT: "true",
    HEALTH_PORT: "5002",
    MAX_CONNECTIONS: "10",
    REQUEST_ARRIVAL_TIMEOUT_MS: "3000",
    MAX_UPLOAD_BYTES: "2097152",
    MAX_HELD_RESPONSE_BYTES: "0",
    API_KEYS: "0123456789abcdef, QUJDREVGR0hJSktMTQ==",
    OPEN_ROUTES: "health,metrics",
    AML_CORS_ORIGINS: "https://a.example, http://localhost:3000",
    AZUREML_STRICT: "TRUE",
    SERVER_VERSION_LOG_RESPONSE_ENABLED: "false",
    MODEL_NAME: "sd2.inpaint",
    SERVICE_NAME: "Inpainting for all",
    SERVICE_VERSION: "2",
    SERVICE_PATH_PREFIX: "/api/v1/inpaint",
    WORKER_THREADS: "4",
    DEFAULT_STEPS: "20",
    DEFAULT_SCHEDULER: "DDIM",
    MAX_STEPS: "200",
    MAX_ROWS: "2",
    MAX_IMAGES_PER_PROMPT: "1",
    MAX_OUTPUT_PIXELS: "262144",
    MAX_BODY_BYTES: "1048576",
    MAX_PIXELS: "1000000",
    MAX_REQUEST_PIXELS: "2000000",
    MAX_DECODED_PIXELS: "5000000",
    MAX_RESPONSE_PIXELS: "3000000",
    MAX_PROMPT_CHARS: "77",
    IMAGE_URL_HOSTS: "images.example.com, *.example.org:8443",
    IMAGE_URL_ALLOW_HTTP: "true",
    IMAGE_URL_PRIVATE_ADDRESSES: "10.1.0.0/16, fd00::1",
    IMAGE_URL_TIMEOUT_MS: "5000",
    IMAGE_URL_MAX_BYTES: "2048",
    IMAGE_URL_MAX_HELD_BYTES: "4096",
    IMAGE_URL_CONCURRENCY: "6",
    MAX_QUEUED_WORK: "3",
    WORKER_COUNT: "2",
    CUDA_VISIBLE_DEVICES: "0,1",
    MAX_BATCH: "8",
    DETERMINISTIC: "1",
    WORKER_MAX_RSS_BYTES: "1000000",
    SCORING_TIMEOUT_MS: "500",
    RESPONSE_STALL_TIMEOUT_MS: "2000",
    PROMPT_CACHE_BYTES: "0",
    LATENT_CACHE_BYTES: "1024",
    RESULT_CACHE_BYTES: "17179869184",
    SHUTDOWN_GRACE_MS: "0",
    CONTENT_SAFETY_ENDPOINT: "https://a.cognitiveservices.azure.com",
    CONTENT_SAFETY_KEY: "k1",
    UAI_CLIENT_ID: "01234567-89ab-cdef-0123-456789abcdef",
    CONTENT_SAFETY_AUTH: "identity",
    CONTENT_SAFETY_THRESHOLD: "4",
    CONTENT_SAFETY_THRESHOLD_HATE: "5",
    CONTENT_SAFETY_THRESHOLD_SELF_HARM: "6",
    CONTENT_SAFETY_THRESHOLD_SEXUAL: "7",
    CONTENT_SAFETY_THRESHOLD_VIOLENCE: "3",
    CONTENT_SAFETY_RESPONSE: "detailed",
    CONTENT_SAFETY_BLOCKLISTS: "names, brands",
    CONTENT_SAFETY_TIMEOUT_MS: "2500",
    CONTENT_SAFETY_MAX_CONCURRENCY: "1",
    CONTENT_SAFETY_BREAKER_FAILURES: "2",
    CONTENT_SAFETY_BREAK_MS: "700",
    CONTENT_SAFETY_CACHE_ENTRIES: "3",
    CONTENT_SAFETY_CACHE_TTL_MS: "9000",
    CONTENT_SAFETY_ON_ERROR: "allow",
    LOG_LEVEL: "debug",
    APPLICATIONINSIGHTS_CONNECTION_STRING: "InstrumentationKey=00000000-0000-0000-0000-000000000001",
    AML_APP_INSIGHTS_ENABLED: "true",
    AML_APP_INSIGHTS_KEY: "00000000-0000-0000-0000-000000000002",
  });
  assert.deepEqual(settings, {
    modelDir: "/models/a",
    variant: "fp16",
    tokenizerDir: "/models/tokenizer",
    predictionType: "v_prediction",
    executionProvider: "cuda",
    host: "127.0.0.1",
    port: 0,
    separateHealthEndpoint: true,
    healthPort: 5002,
    maxConnections: 10,
    requestArrivalTimeoutMs: 3000,
    maxUploadBytes: 2_097_152,
    maxHeldResponseBytes: 0,
    apiKeys: ["0123456789abcdef", "QUJDREVGR0hJSktMTQ=="],
    openRoutes: "health,metrics",
    corsOrigins: ["https://a.example", "http://localhost:3000"],
    azuremlStrict: true,
    serverVersionHeader: false,
    modelName: "sd2.inpaint",
    serviceName: "Inpainting for all",
    serviceVersion: "2",
    servicePathPrefix: "/api/v1/inpaint",
    workerThreads: 4,
    defaultSteps: 20,
    defaultScheduler: "DDIM",
    maxSteps: 200,
    maxRows: 2,
    maxImagesPerPrompt: 1,
    maxOutputPixels: 262_144,
    maxBodyBytes: 1_048_576,
    maxPixels: 1_000_000,
    maxRequestPixels: 2_000_000,
    maxDecodedPixels: 5_000_000,
    maxResponsePixels: 3_000_000,
    maxPromptChars: 77,
    imageUrlHosts: ["images.example.com", "*.example.org:8443"],
    imageUrlAllowHttp: true,
    imageUrlPrivateAddresses: ["10.1.0.0/16", "fd00::1"],
    imageUrlTimeoutMs: 5000,
    imageUrlMaxBytes: 2048,
    imageUrlMaxHeldBytes: 4096,
    imageUrlConcurrency: 6,
    maxQueuedWork: 3,
    workerCount: 2,
    cudaVisibleDevices: "0,1",
    maxBatch: 8,
    deterministic: "1",
    maxWorkerRssBytes: 1_000_000,
    scoringTimeoutMs: 500,
    responseStallTimeoutMs: 2000,
    promptCacheBytes: 0,
    latentCacheBytes: 1024,
    resultCacheBytes: 17_179_869_184,
    shutdownGraceMs: 0,
    contentSafetyEndpoint: "https://a.cognitiveservices.azure.com",
    contentSafetyKey: "k1",
    uaiClientId: "01234567-89ab-cdef-0123-456789abcdef",
    contentSafetyAuth: "identity",
    contentSafetyThreshold: 4,
    contentSafetyThresholdHate: 5,
    contentSafetyThresholdSelfHarm: 6,
    contentSafetyThresholdSexual: 7,
    contentSafetyThresholdViolence: 3,
    contentSafetyResponse: "detailed",
    contentSafetyBlocklists: ["names", "brands"],
    contentSafetyTimeoutMs: 2500,
    contentSafetyMaxConcurrency: 1,
    contentSafetyBreakerFailures: 2,
    contentSafetyBreakMs: 700,
    contentSafetyCacheEntries: 3,
    contentSafetyCacheTtlMs: 9000,
    contentSafetyOnError: "allow",
    logLevel: "debug",
    appInsightsConnectionString: "InstrumentationKey=00000000-0000-0000-0000-000000000001",
    amlAppInsightsEnabled: true,
    amlAppInsightsKey: "00000000-0000-0000-0000-000000000002",
  });
});

const ENDPOINT = "CONTENT_SAFETY_ENDPOINT";
const OF_SAFETY: Readonly<Record<string, string>> = {
  CONTENT_SAFETY_KEY: "k1",
  UAI_CLIENT_ID: "01234567-89ab-cdef-0123-456789abcdef",
  CONTENT_SAFETY_AUTH: "none",
  CONTENT_SAFETY_RESPONSE: "azureml",
  CONTENT_SAFETY_BLOCKLISTS: "names",
  CONTENT_SAFETY_ON_ERROR: "refuse",
};
for (const setting of Object.values(SAFETY_SETTINGS)) {
  if (setting.env === ENDPOINT) continue;
  // Where there is a default it is given: that it says nothing new does not matter.
  const value = setting.kind === "integer" ? String(setting.fallback) : (OF_SAFETY[setting.env] ?? "2");
  test(`${setting.env} without an endpoint is refused`, () => {
    const message = refusal({ [setting.env]: value });
    assert.equal(message, `${setting.env} is set without ${ENDPOINT}: nothing would be screened`);
    assert.ok(readSettings({ [ENDPOINT]: "https://a.example", [setting.env]: value }));
  });
}

test("a misspelt endpoint does not leave content unscreened, and a misspelt setting is told", () => {
  assert.match(
    refusal({ CONTENT_SAFETY_ENDPIONT: "https://a.example" }),
    /^CONTENT_SAFETY_ENDPIONT is set without/,
  );
  const env = {
    [ENDPOINT]: "https://a.example",
    CONTENT_SAFETY_ACCOUNT_NAME: "a",
    CONTENT_SAFETY_TRESHOLD: "0",
    CONTENT_SAFETY_THRESHOLD: "2",
    PATH: "/bin",
  };
  assert.equal(readSettings(env).contentSafetyThreshold, 2);
  assert.deepEqual(unknownSafetyVariables(env), ["CONTENT_SAFETY_TRESHOLD"]);
});

test("a variable that is empty or white space counts as absent", () => {
  const empty = Object.fromEntries(Object.values(SETTINGS).map((setting) => [setting.env, " "]));
  assert.deepEqual(readSettings(empty), readSettings({}));
});

test("MODEL_DIR wins over AZUREML_MODEL_DIR, which is read when alone", () => {
  assert.equal(readSettings({ MODEL_DIR: "/a", AZUREML_MODEL_DIR: "/b" }).modelDir, "/a");
  assert.equal(readSettings({ AZUREML_MODEL_DIR: "/b" }).modelDir, "/b");
});

for (const setting of Object.values(SETTINGS)) {
  if (setting.kind === "integer") {
    test(`${setting.env} refuses what is not a whole number from ${setting.min} to ${setting.max}`, () => {
      const tooSmall = setting.min === 0 ? "-1" : String(setting.min - 1);
      for (const value of [
        tooSmall,
        String(setting.max + 1),
        "1.5",
        "1e3",
        "0x10",
        "many",
        "NaN",
        "9".repeat(30),
      ]) {
        const message = refusal({ [setting.env]: value });
        assert.ok(message.startsWith(`${setting.env} is ${JSON.stringify(value)}; `), message);
        assert.ok(message.includes(`from ${setting.min} to ${setting.max}`), message);
      }
    });
  }
  if (setting.kind === "choice") {
    test(`${setting.env} refuses a word outside its list and shows the list`, () => {
      const message = refusal({ [setting.env]: "Euler" });
      assert.ok(message.startsWith(`${setting.env} is "Euler"; it must be one of `), message);
      for (const choice of setting.choices) assert.ok(message.includes(choice), message);
    });
  }
}

test("API_KEYS refuses what no bearer token can be, and takes what one can", () => {
  for (const key of ["abcdefghijklmnop=Z", "=".repeat(16), "short", "a".repeat(257), "abcdefghijklmno p"]) {
    assert.match(refusal({ API_KEYS: key }), /^API_KEYS \(whose value is not shown\) must be/, key);
  }
  for (const key of ["a".repeat(16), "a".repeat(256), "Ab0-._~+/Ab0-._~", "QUJDREVGR0hJSktMTQ=="]) {
    assert.deepEqual(readSettings({ API_KEYS: key }).apiKeys, [key]);
  }
});

test("AML_CORS_ORIGINS refuses a user name, and IMAGE_URL_HOSTS a port that is none", () => {
  for (const origin of [
    "https://user:pw@a.example",
    "https://a.example/x",
    "https://a.example?x",
    "https://a.example#x",
  ]) {
    assert.match(refusal({ AML_CORS_ORIGINS: origin }), /^AML_CORS_ORIGINS is /, origin);
  }
  for (const port of ["0", "00", "65536", "70000", "99999"]) {
    assert.match(refusal({ IMAGE_URL_HOSTS: `a.example:${port}` }), /^IMAGE_URL_HOSTS is /, port);
  }
  for (const port of ["1", "80", "8443", "65535"]) {
    assert.ok(readSettings({ IMAGE_URL_HOSTS: `a.example:${port}` }));
  }
});

test("VARIANT is part of a file's name, so it can lead nowhere else", () => {
  for (const value of ["../fp16", "fp16.safetensors", "a b", "x".repeat(33)]) {
    assert.match(refusal({ VARIANT: value }), /^VARIANT is ".*"; it must be letters, digits/);
  }
});

test("MODEL_NAME and SERVICE_PATH_PREFIX are parts of paths as they are", () => {
  for (const value of ["a/b", ":predict", "a b", "a%20b", "x".repeat(129)]) {
    assert.match(refusal({ MODEL_NAME: value }), /^MODEL_NAME is ".*"; it must be letters, digits/);
  }
  for (const value of ["//", "/a//b", "/a?b", "/{a}"]) {
    assert.match(refusal({ SERVICE_PATH_PREFIX: value }), /^SERVICE_PATH_PREFIX is ".*"; it must be a path/);
  }
});

test("a very long value is cut in the message", () => {
  assert.ok(refusal({ LOG_LEVEL: "x".repeat(10_000) }).length < 300);
});

test("settings that contradict each other are refused, both named", () => {
  assert.equal(
    refusal({ MAX_STEPS: "20" }),
    "DEFAULT_STEPS is 50; it must be at most MAX_STEPS, which is 20",
  );
  assert.equal(readSettings({ NUM_REPLICAS: "3" }).workerCount, 3);
  assert.equal(readSettings({ NUM_REPLICAS: "3", WORKER_COUNT: "2" }).workerCount, 2);
  assert.match(refusal({ NUM_REPLICAS: "many" }), /^NUM_REPLICAS is "many"/);
  assert.match(refusal({ MAX_UPLOAD_BYTES: "5000" }), /^MAX_BODY_BYTES is .*MAX_UPLOAD_BYTES.* 5000$/);
  assert.match(refusal({ MAX_REQUEST_PIXELS: "5000" }), /^MAX_PIXELS is .*MAX_REQUEST_PIXELS.* 5000$/);
});

test("LOG_LEVEL is Azure ML's too, in Python's words", () => {
  for (const [word, level] of [
    ["INFO", "info"],
    ["warning", "warn"],
    ["CRITICAL", "fatal"],
    ["debug", "debug"],
  ] as const) {
    assert.equal(readSettings({ AZUREML_LOG_LEVEL: word }).logLevel, level);
    assert.equal(readSettings({ AZUREML_LOG_LEVEL: "ERROR", LOG_LEVEL: word }).logLevel, level);
  }
  for (const word of ["constructor", "LOUD"]) assert.match(refusal({ LOG_LEVEL: word }), /one of silent, /);
});

test("an API key that could be guessed or not be sent is refused, and not shown", () => {
  const key = "0123456789abcdef";
  for (const keys of ["short", `${key}ü`, `${key}, `, `${key},${key},${key}`, "=".repeat(20), `${key} x`]) {
    const message = refusal({ API_KEYS: keys });
    assert.match(message, /^API_KEYS \(whose value is not shown\) must be keys of 16 to 256 /);
    assert.ok(!message.includes(key) && !message.includes("short"), message);
  }
});

test("an origin with a path would never match, so it is refused", () => {
  for (const origins of ["https://a.example/", "a.example", "https://*.example", "https://a.example b"]) {
    assert.match(
      refusal({ AML_CORS_ORIGINS: origins }),
      /^AML_CORS_ORIGINS is ".*"; it must be `\*`, or origins/,
    );
  }
  assert.deepEqual(readSettings({ AML_CORS_ORIGINS: "*" }).corsOrigins, ["*"]);
});

test("DEFAULT_SCHEDULER offers the schedulers that exist", () => {
  assert.deepEqual(SETTINGS.defaultScheduler.choices, ["", ...SCHEDULER_NAMES]);
});

test("EXECUTION_PROVIDER offers what the engine knows", () => {
  assert.deepEqual(SETTINGS.executionProvider.choices, EXECUTION_PROVIDERS);
});

test("the README holds the settings table as the code has it", async () => {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  const between = /<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/.exec(readme)?.[1];
  assert.equal(between?.trim(), settingsTable());
});
