/**
 * @file Connections that mean harm, many at a time, to a real server process: each is answered as documented or closed,
 * others are served meanwhile, memory does not grow. How often is the caller's to say.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { connections, type RawConnection } from "../support/raw-connection.js";
import { startReadyServer, type TestServer } from "../support/server-process.js";
import { MemoryWatch } from "./memory-watch.js";
import { smallModel } from "./small-model.js";

const MAX_CONNECTIONS = 120;
/** At a time, with room for those that ask meanwhile. */
const CROWD = 100;
const MEBIBYTE = 2 ** 20;
const GROWTH_MEBIBYTES = 60;
/** They are all alike. */
const SHARE_OF_IDLE = 5;

const POST = "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const LIVE = "GET /health/live HTTP/1.1\r\nHost: x\r\n";
const posted = (body: string) => `${POST}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const LATE = /^HTTP\/1\.1 408 [\s\S]*"The request did not arrive in time\."\}$/;
const UNREADABLE = /^HTTP\/1\.1 400 [\s\S]*"The request is not valid HTTP\."\}$/;
const TOO_LONG = /^HTTP\/1\.1 431 [\s\S]*"The request's headers are too long\."\}$/;
const NO_ROWS = /^HTTP\/1\.1 400 [\s\S]*input_data/;
const NOTHING = /^$/;

interface Hostility {
  readonly what: string;
  act(connection: RawConnection): Promise<void>;
  /** All that has come when the connection is over. */
  readonly answer: RegExp;
}

const sends =
  (...pieces: readonly (string | Buffer)[]) =>
  async (connection: RawConnection) => {
    for (const piece of pieces) await connection.send(piece);
  };
/** And nothing more: its side is ended. */
const ends = (text: string) => async (connection: RawConnection) => {
  connection.socket.end(text);
};

async function untilClosed(connection: RawConnection, drip: string): Promise<void> {
  const timer = setInterval(() => connection.send(drip), 50);
  await connection.closed;
  clearInterval(timer);
}

const HOSTILITIES: readonly Hostility[] = [
  { what: "says nothing", act: sends(), answer: LATE },
  {
    what: "trickles a head",
    act: async (connection) => {
      await connection.send("POST /score HTTP/1.1\r\n");
      await untilClosed(connection, "X: y\r\n");
    },
    answer: LATE,
  },
  {
    what: "trickles a body",
    act: async (connection) => {
      await connection.send(`${POST}Content-Length: 1000000\r\n\r\n{`);
      await untilClosed(connection, " ");
    },
    answer: LATE,
  },
  {
    what: "trickles chunks",
    act: async (connection) => {
      await connection.send(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
      await untilClosed(connection, "1\r\n \r\n");
    },
    answer: LATE,
  },
  { what: "ends its side before anything", act: ends(""), answer: NOTHING },
  { what: "ends its side within the head", act: ends("POST /score HTTP/1.1\r\nHo"), answer: UNREADABLE },
  {
    what: "ends its side within the body",
    act: ends(`${POST}Content-Length: 20\r\n\r\n{}`),
    answer: UNREADABLE,
  },
  {
    what: "ends its side within a chunk",
    act: ends(`${POST}Transfer-Encoding: chunked\r\n\r\n14\r\n{}`),
    answer: UNREADABLE,
  },
  { what: "ends its side after the body", act: ends(posted("{}")), answer: NO_ROWS },
  {
    what: "speaks TLS",
    act: sends(Buffer.from("16030100c8010000c40303", "hex"), Buffer.alloc(200, 7)),
    answer: UNREADABLE,
  },
  { what: "speaks HTTP/2", act: sends("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), answer: UNREADABLE },
  {
    what: "sends garbage behind two requests",
    act: sends(`${LIVE}\r\n${LIVE}\r\n\0\0garbage\r\n\r\n`),
    answer: /^(?:HTTP\/1\.1 (?:200|400) [\s\S]*)?$/,
  },
  {
    what: "smuggles a request by two lengths",
    act: sends(`${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${LIVE}\r\n`),
    answer: UNREADABLE,
  },
  {
    what: "smuggles a request by a length that stands twice",
    act: sends(`${POST}Content-Length: 2\r\nContent-Length: 50\r\n\r\n{}${LIVE}\r\n`),
    answer: UNREADABLE,
  },
  {
    what: "has a header of a megabyte",
    act: sends(`${POST}X: ${"x".repeat(MEBIBYTE)}\r\n\r\n`),
    answer: TOO_LONG,
  },
  {
    what: "has a hundred thousand headers",
    act: sends(`${POST}${"X: y\r\n".repeat(100_000)}\r\n`),
    answer: TOO_LONG,
  },
  {
    what: "has a path of a megabyte",
    act: sends(`GET /${"x".repeat(MEBIBYTE)} HTTP/1.1\r\n\r\n`),
    answer: TOO_LONG,
  },
];

async function assertServes(server: TestServer): Promise<void> {
  assert.equal((await server.get("/health/ready")).status, 200);
}

export interface ConnectionCounts {
  readonly rounds: number;
}

async function listen(t: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const connect = connections(t);
  const server = await startReadyServer(t, {
    MODEL_DIR: await smallModel(t),
    REQUEST_ARRIVAL_TIMEOUT_MS: "3000",
    MAX_CONNECTIONS: String(MAX_CONNECTIONS),
    ...environment,
  });
  return { server, open: () => connect(Number(new URL(server.url).port)) };
}

export function testHostileConnections({ rounds }: ConnectionCounts): void {
  test(`${CROWD} hostile connections at a time, ${rounds} times`, async (t) => {
    const { server, open } = await listen(t);
    const memory = new MemoryWatch(server.process.pid);
    for (let round = 0; round < rounds; round++) {
      const crowd = Array.from({ length: CROWD }, (_, i) => {
        const hostility = HOSTILITIES[i % HOSTILITIES.length];
        return { connection: open(), hostility };
      });
      const over = Promise.all(
        crowd.map(async ({ connection, hostility }) => {
          assert.ok(hostility);
          await hostility.act(connection);
          await connection.closed;
          assert.match(connection.received, hostility.answer, hostility.what);
        }),
      );
      await assertServes(server);
      await over;
      memory.sample();
    }
    t.diagnostic(memory.assertFlat(GROWTH_MEBIBYTES));
    assert.equal(await server.metric("inpaint_http_upload_bytes"), 0);
    const { code, stderr } = await server.process.stop();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  });

  test("idle connections over the limit are closed, and room that is free again is given", async (t) => {
    const { open } = await listen(t, { REQUEST_ARRIVAL_TIMEOUT_MS: "60000" });
    for (let round = 0; round < Math.ceil(rounds / SHARE_OF_IDLE); round++) {
      const idle = Array.from({ length: MAX_CONNECTIONS }, open);
      await Promise.all(idle.map((each) => each.send(`${LIVE}\r\n`)));
      await Promise.all(idle.map((each) => each.until(/^HTTP\/1\.1 200 /)));
      const more = Array.from({ length: 20 }, open);
      await Promise.all(more.map((each) => each.closed));
      assert.ok(more.every(({ received }) => received === ""));
      await Promise.all(
        idle.map(async (each) => {
          each.received = "";
          await each.send(`${LIVE}Connection: close\r\n\r\n`);
          await each.closed;
          assert.match(each.received, /^HTTP\/1\.1 200 /);
        }),
      );
    }
  });
}
