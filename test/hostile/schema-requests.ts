/**
 * @file Requests that derive from the served schema, over real HTTP: what is valid by the schema is accepted, or refused
 * for what no schema can tell; what is not, is a 400. Jobs give their image back, so that all of them can run. How many
 * are sent is the caller's to say.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { servedModel } from "../http/served-model.js";
import { build } from "../http/test-app.js";
import { NO_TIMES, runnerOf } from "../scoring/job-runners.js";
import { SMALL } from "../scoring/scoring.js";
import { isUnsaid, refusals } from "../scoring/unsaid-refusals.js";
import { ApiContract } from "./api-contract.js";
import { HttpClient } from "./http-client.js";
import { SchemaValues } from "./schema-values.js";
import { SentRequest } from "./sent-request.js";

const JSON_TYPE = { "content-type": "application/json" };
/** As large as the schema allows, but for texts: its longest would be megabytes. */
const ENV = {
  MAX_STEPS: "1000",
  MAX_IMAGES_PER_PROMPT: "256",
  MAX_ROWS: "256",
  MAX_PROMPT_CHARS: "99",
  MAX_OUTPUT_PIXELS: "67108864",
};
/** Of pictures, which the schema knows as text. */
const OF_PICTURES = /not base64|not an image|is empty|cannot be decoded|has no image/;

const runner = runnerOf(async ({ image }) => ({ image, times: NO_TIMES, warnings: [] }));

/** Each `stride`-th of them: 1 is all. */
export function testSchemaRequests(stride: number): void {
  test("requests that derive from the schema are answered as the schema tells", async (t) => {
    const { app } = build(t, { runner, model: () => servedModel, env: ENV });
    const client = new HttpClient(await app.listen({ host: "127.0.0.1", port: 0 }));
    t.after(() => client.close());
    const document = (await app.inject("/openapi.json")).body;
    const contract = new ApiContract(document);
    const values = new SchemaValues({
      document: JSON.parse(document),
      good: { image: SMALL, mask: SMALL, mask_image: SMALL },
    });
    const derived = new Set(
      values.derive({ $ref: "#/components/schemas/ScoringRequest" }).map((value) => JSON.stringify(value)),
    );
    const seen = { accepted: 0, unsaid: 0, refused: 0 };
    const paths = contract.scoringPaths;
    const all = [...derived].filter((_, i) => i % stride === 0);
    assert.ok(derived.size > 10_000, `only ${derived.size}`);
    for (const [i, text] of all.entries()) {
      const path = paths[i % paths.length] ?? "";
      const answer = await client.send(new SentRequest(path, JSON_TYPE, Buffer.from(text), false));
      contract.assertDocumented(path, answer);
      const problems = contract.problemsBy("ScoringRequest", JSON.parse(text));
      const told = `${text.slice(0, 1000)}\n${answer.status}: ${answer.body.slice(0, 500)}\n${problems}`;
      if (answer.status === 200) {
        assert.equal(problems, undefined, told);
        seen.accepted++;
        continue;
      }
      assert.equal(answer.status, 400, told);
      if (problems === undefined) {
        const { message } = z.object({ message: z.string() }).parse(JSON.parse(answer.body));
        const sayable = refusals(message).filter(
          (one) => !isUnsaid(one, JSON.parse(text)) && !OF_PICTURES.test(one),
        );
        assert.deepEqual(sayable, [], told);
        seen.unsaid++;
      } else seen.refused++;
    }
    t.diagnostic(`${all.length} of ${derived.size} requests: ${JSON.stringify(seen)}`);
    assert.ok(
      Object.values(seen).every((count) => count > 50),
      JSON.stringify(seen),
    );
  });
}
