/** @file What any path may answer before it is looked at: the API document says so of every operation, and truly. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { z } from "zod";
import { connections, type RawConnection } from "../support/raw-connection.js";
import { type anyDocument, documentSchema, fetchDocument, readyApp, validatorOf } from "./api-document.js";

/** Holds what every path answered, and its head, against the document. */
function assertDocumented(
  document: z.infer<typeof anyDocument>,
  status: number,
  replies: ReadonlyMap<string, { readonly head: string; readonly body: string }>,
): void {
  const validate = validatorOf(document);
  let held = 0;
  for (const [path, operations] of Object.entries(documentSchema.parse(document).paths)) {
    for (const [method, { responses }] of Object.entries(operations)) {
      const what = `${method.toUpperCase()} ${path}`;
      const { head, body } = replies.get(what) ?? assert.fail(what);
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), what);
      const { content = {}, headers = {} } = responses[status] ?? {};
      assert.ok("application/json" in content, `${what}: ${status} is not documented`);
      const place = ["paths", path, method, "responses", String(status), "content", "application/json"];
      validate([...place, "schema"], JSON.parse(body));
      for (const name of Object.keys(headers)) assert.match(head, new RegExp(`^${name}: `, "im"), what);
      held++;
    }
  }
  assert.ok(held > 15, String(held));
}

for (const [what, status, header] of [
  ["an id that is too long", 431, `x-request-id: ${"i".repeat(101)}\r\n`],
  ["a server that is shutting down", 503, ""],
] as const) {
  test(`${what} is answered on every path as documented`, async (t) => {
    const open = connections(t);
    const app = readyApp(t);
    const document = await fetchDocument(app);
    const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const asked = new Map<string, RawConnection>();
    for (const [path, operations] of Object.entries(documentSchema.parse(document).paths)) {
      for (const method of Object.keys(operations)) {
        const accepted = once(app.server, "connection");
        const connection = open(Number(port));
        const head = `${method.toUpperCase()} ${path} HTTP/1.1\r\nHost: x\r\n${header}Connection: close\r\n`;
        await connection.send(head);
        const [server]: readonly { readonly bytesRead: number }[] = await accepted;
        while ((server?.bytesRead ?? 0) < head.length) await setImmediate();
        asked.set(`${method.toUpperCase()} ${path}`, connection);
      }
    }
    const closed = status === 503 ? app.close() : undefined;
    const replies = new Map<string, { head: string; body: string }>();
    for (const [name, connection] of asked) {
      await connection.send("\r\n");
      await connection.closed;
      const [head = "", body = ""] = connection.received.split("\r\n\r\n");
      replies.set(name, { head, body });
    }
    assertDocumented(document, status, replies);
    await closed;
  });
}
