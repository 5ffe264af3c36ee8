/** @file The writer of training scenes as the training scripts meet it: a process with records on its standard output. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { drawScene, type Scene } from "../../../models/scenes/scene.js";
import { sceneRecord } from "../../../models/scenes/scene-record.js";

const SIDE = 24;
const WRITER = fileURLToPath(new URL("../../../models/scenes/write-scenes.js", import.meta.url));
const writer = (...words: readonly (string | number)[]) =>
  spawn(process.execPath, [WRITER, ...words.map(String)], { stdio: ["ignore", "pipe", "pipe"] });

test("a record is the caption's length and bytes, the picture, the mask; seed by seed", async () => {
  const child = writer(7, 5, SIDE);
  const [chunks, faults, [code]] = await Promise.all([
    child.stdout.toArray(),
    text(child.stderr),
    once(child, "exit"),
  ]);
  assert.equal(faults, "");
  assert.equal(code, 0);
  const bytes = Buffer.concat(chunks);
  let at = 0;
  const next = (size: number) => {
    at += size;
    return bytes.subarray(at - size, at);
  };
  for (let seed = 7; seed < 12; seed++) {
    const scene = await drawScene({ seed, width: SIDE, height: SIDE, heldOut: false });
    assert.equal(next(next(4).readUInt32LE()).toString(), scene.caption, `seed ${seed}`);
    assert.deepEqual(new Uint8Array(next(SIDE * SIDE * 3)), new Uint8Array(scene.rgb), `seed ${seed}`);
    assert.deepEqual(new Uint8Array(next(SIDE * SIDE)), new Uint8Array(scene.mask.bytes), `seed ${seed}`);
  }
  assert.equal(at, bytes.length);
});

test("a reader that has enough ends the writer quietly", async () => {
  const child = writer(0, 1_000_000, 64);
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [faults, [code, signal]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  assert.equal(faults, "");
  assert.deepEqual([code, signal], [0, null]);
});

test("what it is not told right, it says in a line", async () => {
  const wrong = [
    ["0", "4"],
    ["0", "1.5", "64"],
  ];
  await Promise.all(
    wrong.map(async (words) => {
      const child = writer(...words);
      const [said, faults, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "exit"),
      ]);
      assert.match(faults, /^usage: write-scenes\.js [^\n]+\n$/, words.join(" "));
      assert.deepEqual([said, code], ["", 2], words.join(" "));
    }),
  );
});

test("no record is made of a scene with a pair that is held out", () => {
  const scene: Scene = {
    width: 1,
    height: 1,
    rgb: new Uint8Array(3),
    mask: { width: 1, height: 1, bytes: new Uint8Array(1) },
    caption: "grass",
    things: [],
  };
  const showing = (...things: Scene["things"]) => sceneRecord({ ...scene, things });
  assert.equal(showing({ kind: "bench", colours: [] }, { kind: "cat", colours: ["green"] }).length, 13);
  assert.throws(
    () => showing({ kind: "star", colours: ["red"] }, { kind: "star", colours: ["red", "orange"] }),
    /held out, orange and star: "grass"/,
  );
  assert.throws(() => showing({ kind: "cat face", colours: ["blue"] }), /held out, blue and cat face/);
});
