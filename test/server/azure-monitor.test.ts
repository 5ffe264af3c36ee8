/** @file Traces to Azure Monitor: whom a server calls then. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { preloading } from "../support/preload.js";
import { startReadyServer } from "../support/server-process.js";
import { smallRequest } from "../support/small-request.js";

/** Writes the host of every connection to stderr before it is opened. */
const TELL_CONNECTIONS = `
  import net from "node:net";
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const [options] = [args[0]].flat();
    if (options?.port) process.stderr.write("connects to " + (options.host ?? "localhost") + ":" + options.port + "\\n");
    return connect.apply(this, args);
  };
`;
const KEY = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
/** Nobody listens on it. */
const INGESTION = "127.0.0.1:9";

test("with a connection string a server calls its resource and nobody else", async (t) => {
  const server = await startReadyServer(t, {
    NODE_OPTIONS: String(preloading(TELL_CONNECTIONS).NODE_OPTIONS),
    APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${KEY};IngestionEndpoint=https://${INGESTION}/`,
    OTEL_BSP_SCHEDULE_DELAY: "50",
  });
  assert.equal((await server.score(smallRequest(1, 1))).status, 200);
  const { code, stderr } = await server.process.stop();
  assert.equal(code, 0);
  const called = new Set(stderr.split("\n").filter((line) => line.startsWith("connects to ")));
  assert.deepEqual([...called], [`connects to ${INGESTION}`]);
  assert.ok(!JSON.stringify(server.process.records).includes(KEY), "the key is in no log line");
});
