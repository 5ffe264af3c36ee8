/** @file A run begins when what was said before it has left the process: a run blocks the thread that would send it. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createDeferred } from "../../../src/async/deferred.js";
import type { FromWorker } from "../../../src/engine/protocol.js";
import { Batcher } from "../../../src/engine/worker/batcher.js";
import { WorkerCaches } from "../../../src/engine/worker/worker-caches.js";
import { timedNetworks } from "../../bench/timed-networks.js";
import { NO_PREVIEW, runMessage } from "../../support/run-job.js";
import { sampleJob, samplePictures } from "../../support/sample.js";
import { loadTestModel } from "../../support/test-model.js";

const model = await loadTestModel({ threads: 1 });
after(() => model.release());

test("no network runs before its announcement has left", async () => {
  const { networks, times } = timedNetworks(model.networks);
  const callsMade = () => Object.values(times).reduce((sum, { calls }) => sum + calls, 0);
  const announced: { readonly message: FromWorker; leave(): void; readonly callsBefore: number }[] = [];
  const ended = createDeferred<void>();
  const reply = (message: FromWorker): Promise<void> => {
    if (message.type === "done") ended.resolve();
    if (message.type !== "began") return Promise.resolve();
    const left = createDeferred<void>();
    announced.push({ message, leave: () => left.resolve(), callsBefore: callsMade() });
    return left.promise;
  };
  const caches = new WorkerCaches({ promptCacheBytes: 0, latentCacheBytes: 0 });
  const batcher = new Batcher(
    { ...model, networks },
    { maxBatch: 1, rowCounts: [], caches, previewMap: NO_PREVIEW },
    reply,
  );
  const job = sampleJob({ ...samplePictures(64), width: 64, height: 64 });
  batcher.add(runMessage(1, job));
  let isOver = false;
  void ended.promise.then(() => {
    isOver = true;
  });
  for (let i = 0; !isOver; i++) {
    while (announced.length <= i && !isOver) await nextTurn();
    const last = announced[i];
    if (last === undefined) break;
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    assert.equal(callsMade(), last.callsBefore, `the run ${JSON.stringify(last.message)} has begun`);
    last.leave();
  }
  assert.ok(callsMade() >= 5, "two prompts, an image, a step and a picture");
  assert.equal(announced.length, callsMade() + 2, "image arithmetic before and after too");
});
