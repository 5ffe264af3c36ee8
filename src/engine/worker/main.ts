/**
 * @file Entry of a worker process: joins the channel to the model worker and ends with it. Knows the process; knows
 * nothing of models. Started by the engine, never by hand.
 */
import { PartReceiver, PartSender } from "../message-parts.js";
import { type FromWorker, isToWorker } from "../protocol.js";
import { ModelWorker } from "./model-worker.js";

if (process.send === undefined) {
  process.stderr.write("this program is started by the server; run dist/src/bin/server.js\n");
  process.exit(2);
}

// The server decides when a worker ends. A Ctrl-C reaches the whole process group, and the server drains first.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
// The channel closes when the server is done with this worker, and also when the server was killed.
process.on("disconnect", () => process.exit(0));

/** Fulfilled when the message, and all before it, have left the process. */
async function reply(message: FromWorker): Promise<void> {
  await sender.send(message);
  // A worker that cannot work leaves once it has said why.
  if (message.type === "fatal") process.exit(1);
}

const sender = new PartSender(
  (message) =>
    new Promise((resolve) => {
      if (!process.connected) return resolve();
      process.send?.(message, undefined, undefined, () => resolve());
    }),
);
const receiver = new PartReceiver();

const worker = new ModelWorker(reply);
process.on("message", (received) => {
  const message = receiver.receive(received);
  if (message === undefined) return;
  if (!isToWorker(message))
    throw new Error("a message of an unknown kind came from the engine: this is a bug");
  void worker.receive(message);
});
