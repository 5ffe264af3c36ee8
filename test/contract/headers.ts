/** @file Section D: headers of requests and answers. */
import assert from "node:assert/strict";
import { SERVER_VERSION } from "../../src/config/server-version.js";
import type { Reply } from "../support/server-process.js";
import { ask, assertRefused, type Endpoint, FAILED, imageIn, post, rowsIn, score } from "./ask.js";
import { type ContractTest, contract } from "./contract-test.js";
import { LONG_ID } from "./errors.js";
import { KEYS, ORIGINS } from "./servers.js";
import { ROW, request, row, SMALL } from "./small-rows.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ID_HEADERS = ["x-request-id", "x-ms-request-id", "x-ms-client-request-id"] as const;
const WITH_KEY = { authorization: `Bearer ${KEYS[0]}` };
const NO_KEY = "A valid API key is required: Authorization: Bearer <key>.";
const PREFLIGHT = {
  "access-control-request-method": "POST",
  "access-control-request-headers": "authorization,content-type",
};

type Ids = readonly (string | null)[];
export const idsOf = ({ headers }: Reply): Ids => ID_HEADERS.map((name) => headers.get(name));

/** What is sent in the order of ID_HEADERS, and what comes back: G is an id that was generated. */
const MATRIX: readonly (readonly [sent: Ids, back: Ids])[] = [
  [
    [null, null, null],
    ["G", "G", null],
  ],
  [
    ["A", null, null],
    ["A", "A", null],
  ],
  [
    [null, "B", null],
    ["G", "B", "B"],
  ],
  [
    ["A", "B", null],
    ["A", "B", "B"],
  ],
  [
    [null, null, "C"],
    ["G", "C", "C"],
  ],
  [
    ["A", null, "C"],
    ["A", "C", "C"],
  ],
  [
    [null, "B", "C"],
    ["G", "B", "C"],
  ],
  [
    ["A", "B", "C"],
    ["A", "B", "C"],
  ],
];

/** Every way to send ids comes back as the matrix says, in the answers of `send`. */
export async function assertIdMatrix(
  send: (headers: Readonly<Record<string, string>>) => Promise<Reply>,
): Promise<void> {
  for (const [sent, back] of MATRIX) {
    const headers = ID_HEADERS.flatMap((name, i) => {
      const id = sent[i] ?? null;
      return id === null ? [] : [[name, id] as const];
    });
    const got = idsOf(await send(Object.fromEntries(headers)));
    const [generated] = got;
    if (back[0] === "G") assert.match(String(generated), UUID);
    assert.deepEqual(
      got,
      back.map((id) => (id === "G" ? generated : id)),
      JSON.stringify(sent),
    );
  }
}

const allowed = ({ headers }: Reply) => headers.get("access-control-allow-origin");
const versionOf = ({ headers }: Reply) => headers.get("x-ms-server-version");
const options = (server: Endpoint, path: string, headers: Readonly<Record<string, string>> = {}) =>
  ask(server, path, { method: "OPTIONS", headers });

function assertEmptyHtml(reply: Reply): void {
  assert.deepEqual([reply.status, reply.text], [200, ""]);
  assert.match(String(reply.headers.get("content-type")), /^text\/html/);
}

export const headers: readonly ContractTest[] = [
  contract("D1", async ({ plain }) => {
    await assertIdMatrix((ids) => score(plain, request(), ids));
    await assertIdMatrix((ids) => score(plain, "{bad", ids));
    await assertIdMatrix((ids) => ask(plain, "/", { headers: ids }));
  }),

  contract("D2", async ({ plain, strict }) => {
    const failed = async (reply: Promise<Reply>) => (await reply).headers.get(FAILED);
    assert.equal(await failed(score(plain, request())), "False");
    assert.equal(await failed(score(plain, "{bad")), "False");
    assert.equal(await failed(ask(plain, "/swagger.json")), "False");
    assert.equal(await failed(ask(plain, "/nope")), "False");
    assert.equal(await failed(ask(plain, "/%zz")), "False");
    assert.equal(await failed(score(strict, { input_data: 3 })), "True");
    assert.equal(await failed(ask(plain, "/")), null);
  }),

  contract("D3", async ({ plain }) => {
    const time = ({ headers }: Reply) => headers.get("x-ms-run-fn-exec-ms");
    const scored = await score(plain, request());
    rowsIn(scored);
    assert.match(String(time(scored)), /^\d+\.\d{3}$/);
    assert.ok(Number(time(scored)) > 0);
    for (const reply of [await score(plain, "{bad"), await ask(plain, "/")]) assert.equal(time(reply), null);
  }),

  contract("D4", async ({ plain, guarded }) => {
    for (const reply of [await ask(plain, "/"), await score(plain, "{bad"), await score(plain, request())]) {
      assert.equal(versionOf(reply), `inpaint-server/${SERVER_VERSION}`);
    }
    for (const reply of [await ask(guarded, "/"), await score(guarded, "{bad", WITH_KEY)]) {
      assert.equal(versionOf(reply), null);
      assert.notEqual(reply.headers.get("x-request-id"), null, "that alone is switched off");
    }
  }),

  contract("D5", async ({ plain }) => {
    const headers = Object.fromEntries(ID_HEADERS.map((name) => [name, "A"]));
    for (const [method, path, status] of [
      ["GET", "/nope", 404],
      ["GET", "/%zz", 404],
      ["POST", "/score/", 404],
      ["PUT", "/score", 405],
      ["POST", "/", 405],
    ] as const) {
      const reply = await ask(plain, path, { method, headers: { ...headers, TraceId: "t" } });
      assert.equal(reply.status, status);
      assert.deepEqual(idsOf(reply), [null, null, null]);
      assert.equal(versionOf(reply), null);
    }
  }),

  contract("D6", async ({ plain }) => {
    const own = await score(plain, request(), { "x-request-id": LONG_ID, "x-ms-request-id": "B" });
    assert.deepEqual([own.status, ...idsOf(own)], [431, null, null, null]);
    for (const name of ID_HEADERS.slice(1)) {
      const reply = await score(plain, request(), { "x-request-id": "A", [name]: LONG_ID });
      assert.deepEqual([reply.status, ...idsOf(reply)], [431, "A", null, null]);
    }
  }),

  contract("D7", async ({ plain }) => {
    for (const reply of [
      await score(plain, request(), { TraceId: "t1" }),
      await score(plain, "{bad", { TraceId: "t1" }),
      await ask(plain, "/", { headers: { TraceId: "t1" } }),
    ]) {
      assert.equal(reply.headers.get("traceid"), "t1");
    }
    assert.equal((await ask(plain, "/")).headers.get("traceid"), null);
  }),

  contract("D8", async ({ plain }) => {
    const body = { ...request([row({ "x-request-id": "B" })]), "x-request-id": "B" };
    const reply = await score(plain, body, { "x-request-id": "A" });
    rowsIn(reply);
    assert.deepEqual(idsOf(reply), ["A", "A", null]);
  }),

  contract("D9", async ({ plain }) => {
    const { headers } = await score(plain, request(), { "x-ms-client-request-id": "C" });
    for (const name of [...ID_HEADERS, FAILED, "x-ms-run-fn-exec-ms", "x-ms-server-version"]) {
      assert.notEqual(headers.get(name), null, name);
    }
    assert.equal(headers.get("access-control-allow-origin"), null);
  }),

  contract("D10", async ({ plain }) => {
    const id = `not/a.GUID:${"x".repeat(60)} #1`;
    const reply = await ask(plain, "/", { headers: { "x-request-id": id, "x-ms-client-request-id": id } });
    assert.deepEqual(idsOf(reply), [id, id, id]);
  }),

  contract("D11", async ({ plain, strict, guarded }) => {
    const replies = [
      await score(plain, "{bad"),
      await score(strict, { input_data: 3 }),
      await score(guarded, "{}"),
      await score(plain, request()),
    ];
    assert.deepEqual(
      replies.map(({ status }) => status),
      [400, 500, 401, 200],
    );
    for (const { headers } of replies) {
      const names = [...headers.keys()].filter((name) => /^(?:ms-)?azureml-/.test(name));
      assert.deepEqual(names, []);
    }
  }),

  contract("D12", async ({ guarded }) => {
    for (const key of KEYS) {
      const reply = await score(guarded, "{}", { authorization: `Bearer ${key}` });
      assertRefused(reply, 400, /input_data/);
    }
    for (const path of ["/score", "/info", "/swagger.json", "/metrics", "/nope", "/%zz"]) {
      assertRefused(await ask(guarded, path), 401, NO_KEY);
    }
    assert.equal((await ask(guarded, "/")).status, 200, "probes come without a key");
  }),

  contract("D13", async ({ plain }) => {
    const wanted = imageIn(await score(plain, request()));
    const routed = await score(plain, request(), { "azureml-model-deployment": "no-such-deployment" });
    assert.equal(imageIn(routed), wanted);
  }),

  contract("D14", async ({ guarded }) => {
    const wrong = [
      "Bearer wrong-key-0123456789",
      KEYS[0],
      "Bearer",
      `Basic ${KEYS[0]}`,
      `Bearer ${KEYS[0]}x`,
    ];
    for (const authorization of wrong) {
      const reply = await score(guarded, request(), { authorization });
      assertRefused(reply, 401, NO_KEY);
      assert.equal(reply.headers.get("www-authenticate"), "Bearer");
    }
    assertRefused(await score(guarded, request()), 401, NO_KEY);
  }),

  contract("D15", async ({ guarded }) => {
    const [a, b] = ORIGINS;
    const other = "https://c.example";
    for (const origin of [a, b, other]) {
      const replies = [
        await ask(guarded, "/", { headers: { origin } }),
        await score(guarded, "{bad", { ...WITH_KEY, origin }),
        await ask(guarded, "/nope", { headers: { ...WITH_KEY, origin } }),
        await score(guarded, "{}", { origin }),
      ];
      assert.deepEqual(
        replies.map(({ status }) => status),
        [200, 400, 404, 401],
      );
      for (const reply of replies) {
        assert.equal(allowed(reply), origin === other ? null : origin);
        assert.match(String(reply.headers.get("vary")), /\bOrigin\b/);
      }
    }
  }),

  contract("D16", async ({ plain, guarded }) => {
    for (const path of ["/score", "/"]) assertEmptyHtml(await options(plain, path));
    const reply = await options(guarded, "/score", { ...PREFLIGHT, origin: ORIGINS[0] });
    assertEmptyHtml(reply);
    assert.equal(reply.headers.get("access-control-allow-methods"), "GET, POST");
    assert.equal(reply.headers.get("access-control-allow-headers"), "authorization,content-type");
  }),

  contract("D17", async ({ plain, guarded }) => {
    const preflight = await options(plain, "/score", { ...PREFLIGHT, origin: ORIGINS[0] });
    assertEmptyHtml(preflight);
    const scored = await post(plain, "/score", request([ROW], { parameters: SMALL }), { origin: ORIGINS[0] });
    rowsIn(scored);
    for (const { headers } of [preflight, scored]) {
      const names = [...headers.keys()].filter((name) => name.startsWith("access-control-"));
      assert.deepEqual(names, []);
    }
    const named = await ask(guarded, "/", { headers: { origin: ORIGINS[1] } });
    assert.equal(allowed(named), ORIGINS[1], "never a star");
    assert.equal(named.headers.get("access-control-allow-credentials"), null);
    assertEmptyHtml(await options(guarded, "/score"));
  }),

  contract("D18", async ({ guarded }) => {
    const reply = await options(guarded, "/score", { ...PREFLIGHT, origin: ORIGINS[1] });
    assertEmptyHtml(reply);
    assert.equal(allowed(reply), ORIGINS[1]);
  }),
];
