/** @file What every refusal of a file must be: INVALID_CHECKPOINT, beginning with the file's path. */
import assert from "node:assert/strict";

/** Asserts that `opening` fails with such an error whose message matches `message`. */
export async function assertRefused(opening: Promise<unknown>, path: string, message: RegExp): Promise<void> {
  await assert.rejects(opening, (error: Error & { code?: string }) => {
    assert.equal(error.name, "InpaintError", error.stack);
    assert.equal(error.code, "INVALID_CHECKPOINT");
    assert.ok(error.message.startsWith(`${path}: `), error.message);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/, "one line, for the log");
    assert.ok(error.message.length < 2000, `a message of ${error.message.length} characters`);
    return true;
  });
}
