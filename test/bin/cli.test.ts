/** @file What the command line starts, and what it says of a command that it does not know. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "../support/command.js";

for (const args of [[], ["serve"]]) {
  test(`inpaint-server ${args.join(" ")}: the server, with its settings from the environment`, async () => {
    const { code, stderr } = await runCommand(args, { PORT: "many" });
    assert.equal(code, 1);
    assert.match(stderr, /^inpaint-server: PORT is "many"; [^\n]+\n$/);
  });
}

test("--help names every command and exits with 0", async () => {
  const top = await runCommand(["--help"]);
  const model = await runCommand(["model", "--help"]);
  assert.deepEqual([top.code, model.code], [0, 0]);
  for (const name of ["serve", "model"]) assert.match(top.stdout, new RegExp(`^ {2}${name}\\b`, "m"));
  for (const name of ["pull", "inspect", "verify"]) {
    assert.match(model.stdout, new RegExp(`^ {2}${name}\\b`, "m"));
  }
});

for (const args of [["modle"], ["model", "push"], ["model", "pull"], ["model", "inspect", "--yaml"]]) {
  test(`inpaint-server ${args.join(" ")} is a mistake, told on stderr`, async () => {
    const { code, stdout, stderr } = await runCommand(args);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^error: /);
  });
}
