#!/usr/bin/env node
/**
 * @file The command `inpaint-server`: which command is meant, and with what exit code it ends. Knows the commands'
 * options; each does its work in a file of its own, loaded when it is asked for.
 */
import { Command, CommanderError } from "commander";
import { InpaintError } from "../errors/inpaint-error.js";
import type { PullFlags } from "./model-pull.js";

const program = new Command("inpaint-server")
  .description("Azure ML-compatible scoring server for Stable Diffusion inpainting")
  .showHelpAfterError("(--help tells the commands and their options)")
  .exitOverride();

program
  .command("serve", { isDefault: true })
  .description("start the server; every setting is an environment variable (MODEL_DIR, PORT, …)")
  .action(async () => {
    await import("./server.js");
  });

const model = program.command("model").description("get a checkpoint, look into it, try it");

model
  .command("pull")
  .description(
    "fetch what the server needs of a checkpoint from the hub; goes on where an earlier pull stopped",
  )
  .argument("<hub id>", "as in sd2-community/stable-diffusion-2-inpainting")
  .option("--revision <name>", "branch, tag or commit", "main")
  .option("--variant <name>", "take weights of this variant, as fp16")
  .option("--to <folder>", "where to (default: a folder of the model's name, here)")
  .option("--file <path>", "take this file instead, and nothing else; may be repeated", append, [])
  .option("--json", "one line of JSON per event on stdout")
  .addHelpText(
    "after",
    "\nHF_TOKEN (or HUGGING_FACE_HUB_TOKEN) is needed for private and gated models; HF_ENDPOINT names another hub.",
  )
  .action(async (repo: string, flags: PullFlags) => {
    const { modelPull } = await import("./model-pull.js");
    process.exitCode = await modelPull(repo, flags);
  });

const FOLDER = "folder of a checkpoint (default: MODEL_DIR, or else the embedded model)";

model
  .command("inspect")
  .description("tell what a checkpoint is, what it needs and what it lacks; loads no weight")
  .argument("[folder]", FOLDER)
  .option("--json", "as JSON")
  .action(async (folder: string | undefined, flags: { json?: boolean }) => {
    const { modelInspect } = await import("./model-inspect.js");
    process.exitCode = await modelInspect(folder, flags);
  });

model
  .command("verify")
  .description("compare hashes where known, open every network and run it once")
  .argument("[folder]", FOLDER)
  .option("--json", "as JSON")
  .action(async (folder: string | undefined, flags: { json?: boolean }) => {
    const { modelVerify } = await import("./model-verify.js");
    process.exitCode = await modelVerify(folder, flags);
  });

function append(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    const reason = error instanceof InpaintError ? error.message : String(error);
    process.stderr.write(`inpaint-server: ${reason.replaceAll("\n", " ")}\n`);
    process.exitCode = 1;
  }
}
