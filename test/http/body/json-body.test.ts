/** @file Bodies with long texts: what is read, and what is said of a fault, are what the parser makes of the whole. */
import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { inSlices } from "../../../src/async/in-slices.js";
import { InpaintError } from "../../../src/errors/inpaint-error.js";
import { MAX_PLAIN_BYTES, MAX_WIDE_TEXT_BYTES, readJsonBody } from "../../../src/http/body/json-body.js";
import { MIN_LONG_BYTES, SCAN_SLICE_BYTES, scanJson } from "../../../src/http/body/json-scan.js";
import { LiftedTexts } from "../../../src/http/body/long-texts.js";
import { SLICE_BYTES } from "../../../src/http/body/read-long-text.js";

const never = new AbortController().signal;
const read = (json: string) => readJsonBody(Buffer.from(json), never);

/** What the parser makes of the whole, and what this server makes of it: a value or words. */
async function bothWays(json: Buffer): Promise<readonly [unknown, unknown]> {
  const text = json.toString("utf8");
  const outcome = async (parse: () => unknown) => {
    try {
      return { value: await parse() };
    } catch (error) {
      assert.ok(error instanceof Error);
      return { message: error.message };
    }
  };
  const whole = await outcome(() => {
    try {
      return JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
    } catch (error) {
      const reason = error instanceof Error ? error.message.slice(0, 160) : "";
      throw new Error(`POST body could not be decoded as JSON: ${reason}`);
    }
  });
  return [whole, await outcome(() => readJsonBody(json, never))];
}

/** Pieces of JSON text between quotes, long ones among them. */
const piece = fc.constantFrom(
  "A",
  "QUJD".repeat(300),
  String.raw`\n`,
  `${"QUJD".repeat(19)}${String.raw`\n`}`.repeat(20),
  String.raw`\/\u002b\"\\\b\f\r\t`,
  String.raw`\u00e9\u00C9\u007f\u0000`,
  String.raw`\u0141`,
  String.raw`\ud83d\ude00\ud800`,
  "é😀",
  "絵é😀".repeat(150),
  String.raw`\u7d75😀\/`.repeat(120),
  " ".repeat(2000),
);
const jsonText = fc.array(piece, { maxLength: 6 }).map((pieces) => `"${pieces.join("")}"`);
const { json: jsonValue } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    jsonText,
    fc.constantFrom("1", "-2.5e3", "null", "true"),
    fc.array(tie("json"), { maxLength: 4 }).map((values) => `[${values.join(" , ")}]`),
    fc
      .array(fc.tuple(fc.oneof(jsonText, fc.constantFrom('"a"', '"__proto__"')), tie("json")), {
        maxLength: 4,
      })
      .map((entries) => `{${entries.map(([key, value]) => `${key} :${value}`).join(",")}}`),
  ),
}));

test("whatever the long texts hold, and wherever they stand, the value is the parser's", async () => {
  await fc.assert(
    fc.asyncProperty(jsonValue, fc.constantFrom("", "\ufeff", " \n"), async (json, before) => {
      const [whole, ours] = await bothWays(Buffer.from(before + json));
      assert.deepEqual(ours, whole);
      assert.ok("value" in Object(whole));
    }),
    { numRuns: 300 },
  );
});

test("a fault anywhere is told in the parser's words, position and all", async () => {
  let faults = 0;
  const byte = fc.constantFrom(...Buffer.from('"\\\n\u0001,:]}{[ux09A '));
  await fc.assert(
    fc.asyncProperty(
      jsonValue,
      fc.nat(),
      byte,
      fc.constantFrom("change", "cut", "insert"),
      async (json, at, byte, how) => {
        const bytes = Buffer.from(`\ufeff[${json}]`);
        const offset = 3 + (at % (bytes.length - 3));
        const rest =
          how === "cut" ? [] : [Buffer.from([byte]), bytes.subarray(how === "insert" ? offset : offset + 1)];
        const broken = Buffer.concat([bytes.subarray(0, offset), ...rest]);
        if (!isUtf8(broken)) return; // another refusal
        const [whole, ours] = await bothWays(broken);
        const [a, b] = [whole, ours].map((outcome) => JSON.stringify(outcome));
        if (a?.startsWith('{"message"')) faults++;
        // Where the parser quotes what is before a fault, an escape there may hide it: the fault and its place are the same.
        assert.equal(b?.replace(/\.\.\..*$/, ""), a?.replace(/\.\.\..*$/, ""));
      },
    ),
    { numRuns: 1000 },
  );
  assert.ok(faults > 300, `${faults} faults`);
});

const LONG = "QUJD".repeat(500_000);

test("a fault behind or in a long text has the position that it has in the body", async () => {
  for (const [json, message] of [
    [
      `{"a":"${LONG}" "b":1}`,
      `Expected ',' or '}' after property value in JSON at position ${LONG.length + 8}`,
    ],
    [`{"a":"${LONG}\n"}`, `Bad control character in string literal in JSON at position ${LONG.length + 6}`],
    [`{"a":"${LONG}\\x"}`, `Bad escaped character in JSON at position ${LONG.length + 7}`],
    [`{"a":"${LONG}`, `Unterminated string in JSON at position ${LONG.length + 6}`],
  ] as const) {
    await assert.rejects(read(json), (error) => {
      assert.ok(error instanceof InpaintError);
      assert.equal(
        error.message.replace(/ \(line.*/, ""),
        `POST body could not be decoded as JSON: ${message}`,
      );
      return true;
    });
  }
});

test("what stands in for a long text is no text that a caller can send", async () => {
  const json = Buffer.from(JSON.stringify([LONG, "x"]));
  const { longTexts, end } = await inSlices(scanJson(json));
  const lifted = await inSlices(LiftedTexts.lift(json, longTexts, end));
  const again = await inSlices(LiftedTexts.lift(json, longTexts, end));
  assert.ok(lifted.skeleton.length < 300, lifted.skeleton);
  assert.notEqual(lifted.skeleton, again.skeleton);
  const value = await inSlices(lifted.putBack(JSON.parse(again.skeleton)));
  assert.deepEqual(value, JSON.parse(again.skeleton), "another body's stand-in is a text like any other");
});

test("a text that looks like what stands in is itself", async () => {
  for (const text of [`${"x".repeat(35)}0`, ` ${"-".repeat(36)} 0 `]) {
    assert.deepEqual(await read(JSON.stringify([LONG, text])), [LONG, text]);
  }
});

test("thousands of texts are put back some at a time", async () => {
  const texts = Array.from({ length: 2000 }, (_, i) => `${i}`.padEnd(2000, "="));
  const json = Buffer.from(JSON.stringify([texts, Array.from({ length: 15_000 }, (_, i) => i)]));
  const { longTexts, end } = await inSlices(scanJson(json));
  const lifted = await inSlices(LiftedTexts.lift(json, longTexts, end));
  const puttingBack = lifted.putBack(JSON.parse(lifted.skeleton));
  let turns = 0;
  let last = puttingBack.next();
  for (; !last.done; last = puttingBack.next()) turns++;
  assert.deepEqual(last.value, JSON.parse(json.toString()));
  assert.equal(turns, Math.floor(4_000_000 / 2 ** 18) + 3);
});

test("a text is lifted from the length on that is worth it, and never as a key", async () => {
  const lifted = async (json: string) => (await inSlices(scanJson(Buffer.from(json)))).longTexts.length;
  const text = "a".repeat(MIN_LONG_BYTES);
  assert.equal(await lifted(`["${text}"]`), 1);
  assert.equal(await lifted(`["${text.slice(1)}"]`), 0);
  assert.equal(await lifted(`{"${text}" :"${text}"}`), 1);
  assert.equal(await lifted(`"${text}"`), 1);
});

test("the rest is parsed at once, so it has a limit; a long text of whatever characters is none of it", async () => {
  const words = Array.from({ length: 4000 }, () => "é".repeat(MIN_LONG_BYTES / 2 - 1));
  await assert.rejects(read(JSON.stringify({ a: LONG.repeat(2), words })), {
    code: "INVALID_INPUT",
    message:
      /^POST body has 410\d\d\d\d bytes beside its texts of 1024 bytes and more; at most 2097152 are accepted$/,
  });
  const most = words.slice(0, MAX_PLAIN_BYTES / MIN_LONG_BYTES - 4);
  const prompts = Array.from({ length: 4 }, (_, i) => `${i}${"絵".repeat(MAX_PLAIN_BYTES / 6)}`);
  assert.deepEqual(await read(JSON.stringify({ a: LONG, most, prompts })), { a: LONG, most, prompts });
});

test("a text that is not ASCII is no image: it may be as long as the longest prompt", async () => {
  const wide = "😀".repeat(MAX_WIDE_TEXT_BYTES / 4);
  assert.equal(
    await read(JSON.stringify({ a: wide })).then((value) => JSON.stringify(value).length),
    wide.length + 8,
  );
  await assert.rejects(read(JSON.stringify({ a: `${wide}😀` })), {
    code: "INVALID_INPUT",
    message: "POST body has a text of 12000004 bytes that is not ASCII; at most 12000000 are accepted",
  });
  const ascii = "x".repeat(MAX_WIDE_TEXT_BYTES + 1);
  assert.deepEqual(await read(JSON.stringify({ a: ascii })), { a: ascii });
});

test("a long text beyond Latin-1 is read a slice at a time, nothing cut in two where they meet", async () => {
  for (const piece of [
    "é",
    "絵",
    "😀",
    String.raw`\u7d75`,
    String.raw`\ud83d\ude00`,
    "a😀\\\\",
    String.raw`\ud800x`,
  ]) {
    for (const before of ["", "a", "ab", "abc", "abcd", "abcde"]) {
      const json = `"絵${before}${piece.repeat((2 * SLICE_BYTES) / Buffer.byteLength(piece))}"`;
      const body = Buffer.from(json);
      const { longTexts, end } = await inSlices(scanJson(body));
      const lifted = await inSlices(LiftedTexts.lift(body, longTexts, end));
      const puttingBack = lifted.putBack(JSON.parse(lifted.skeleton));
      let turns = 0;
      let last = puttingBack.next();
      for (; !last.done; last = puttingBack.next()) turns++;
      assert.ok(last.value === JSON.parse(json), piece);
      assert.ok(turns >= 2, `${turns} turns`);
    }
  }
});

test("thousands of texts are lifted some at a time", async () => {
  const json = Buffer.from(JSON.stringify(Array.from({ length: 3000 }, () => "a".repeat(1600))));
  const { longTexts, end } = await inSlices(scanJson(json));
  const lifting = LiftedTexts.lift(json, longTexts, end);
  let turns = 0;
  while (!lifting.next().done) turns++;
  assert.equal(turns, 7);
});

test("a long body is read a slice at a time, from the first byte to the last text", async () => {
  const inLines = "QUJD".repeat(19 * 20_000).replace(/.{76}/g, "$&\n");
  const json = Buffer.from(JSON.stringify(Array.from({ length: 3 }, () => inLines)));
  let scanned = 0;
  const scanning = scanJson(json);
  let step = scanning.next();
  for (; !step.done; step = scanning.next()) scanned++;
  assert.equal(scanned, Math.ceil(json.length / SCAN_SLICE_BYTES) - 1);
  const lifted = await inSlices(LiftedTexts.lift(json, step.value.longTexts, step.value.end));
  const puttingBack = lifted.putBack(JSON.parse(lifted.skeleton));
  let putBack = 0;
  let last = puttingBack.next();
  for (; !last.done; last = puttingBack.next()) putBack++;
  assert.deepEqual(last.value, [inLines, inLines, inLines]);
  assert.ok(putBack >= Math.floor(json.length / 2 ** 18) - 3, `${putBack} turns`);
});

test("a client that goes away while its body is read is not read on", async () => {
  const gone = new AbortController();
  const reading = readJsonBody(Buffer.from(JSON.stringify([LONG])), gone.signal);
  gone.abort();
  await assert.rejects(reading, { code: "CANCELLED" });
});
