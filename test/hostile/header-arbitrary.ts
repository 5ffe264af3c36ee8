/** @file Headers of scoring requests, sensible and not. Knows those that the server reads; knows no answer. */
import fc from "fast-check";

/** What a header may hold beside printable ASCII: a tab, and bytes that are no UTF-8. */
const odd = fc.string({ unit: fc.constantFrom("\t", "\x80", "é", "ÿ", "a", "/", ";", "=", ",", '"', " ") });
const valueOr = (...values: readonly string[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: odd });
const ids = valueOr(
  "a",
  "x".repeat(100),
  "x".repeat(101),
  "é",
  "a, b",
  "../../etc/passwd",
  "%0d%0aset-cookie: a",
);

const MAYBE: Readonly<Record<string, fc.Arbitrary<string>>> = {
  "content-type": valueOr(
    "application/json; charset=utf-8",
    "application/json;charset=utf-16",
    "application/json; charset=\xff",
    "APPLICATION/JSON",
    "application/vnd.x+json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "",
  ),
  "x-inpaint-timeout-ms": valueOr("60000", "3600000000", "0", "-1", "1e3", "00060000", "9".repeat(400), "1"),
  "x-inpaint-priority": valueOr("online", "batch", "BATCH", "batch, batch", "__proto__", ""),
  accept: valueOr(
    "text/event-stream",
    "text/event-stream, application/json;q=0.5",
    "text/event-stream;q=0",
    "text/event-stream;q=1e999",
    "*/*",
    "image/png",
    "",
  ),
  "x-request-id": ids,
  "x-ms-request-id": ids,
  "x-ms-client-request-id": ids,
  traceid: ids,
  traceparent: valueOr("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0", "ff-x"),
  authorization: valueOr("Bearer x", "Basic eDp5", "Bearer"),
  origin: valueOr("https://a.example", "null"),
  "content-encoding": valueOr("gzip", "identity", "br"),
  expect: valueOr("100-continue", "200-ok"),
  "accept-encoding": valueOr("gzip, deflate, br"),
  "x-http-method-override": valueOr("DELETE"),
  "x-padding": valueOr("x".repeat(8000), "x".repeat(20_000)),
};

const some = fc
  .subarray(Object.keys(MAYBE), { minLength: 1, maxLength: 3 })
  .chain((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, MAYBE[name] ?? fc.constant("")]))),
  );

/** JSON's content type unless one of the few others says otherwise. */
export const headers: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: fc.constant({ accept: "text/event-stream" }) },
    { weight: 3, arbitrary: some },
  )
  .map((more) => ({ "content-type": "application/json", ...more }));
