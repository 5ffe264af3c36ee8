/** @file Connections that a test writes bytes on, and what comes back. Knows sockets; knows no request. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";

export class RawConnection {
  readonly socket: Socket;
  /** In latin1, a character a byte. */
  received = "";
  /** With the error's code, if there was one. */
  readonly closed: Promise<string | undefined>;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket.setEncoding("latin1").on("data", (text) => {
      this.received += text;
    });
    this.closed = new Promise((resolve) => {
      let code: string | undefined;
      this.socket.on("error", (error: NodeJS.ErrnoException) => {
        code = error.code;
      });
      this.socket.once("close", () => resolve(code));
      // What the server ends is ended.
      this.socket.once("end", () => this.socket.end());
    });
  }

  /** Resolves when more may be sent, or when the connection is closed. */
  async send(data: string | Buffer): Promise<void> {
    if (this.socket.destroyed || this.socket.write(data)) return;
    await Promise.race([new Promise((resolve) => this.socket.once("drain", resolve)), this.closed]);
  }

  /** Once what was received matches. Rejects when the connection closes first. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      const closed = this.closed.then(() => "closed" as const);
      const what = await Promise.race([once(this.socket, "data").catch(() => closed), closed]);
      if (what === "closed" && !pattern.test(this.received)) {
        throw new Error(`closed after ${JSON.stringify(this.received.slice(-500))}`);
      }
    }
    return this.received;
  }
}

/**
 * Opens connections that are closed when the test is over. To be called before the server is made: what is to be cleaned
 * up is, in the order in which it was asked for, and a server that closes waits for its connections.
 */
export function connections(t: TestContext): (port: number) => RawConnection {
  const all: RawConnection[] = [];
  t.after(() => {
    for (const { socket } of all) socket.destroy();
  });
  return (port) => {
    const connection = new RawConnection(port);
    all.push(connection);
    return connection;
  };
}
