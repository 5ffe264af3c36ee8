/** @file A collector of traces on the loopback interface, which takes OTLP as JSON. Knows spans; expects none. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2: it failed. */
  readonly status: number;
  /** What the process says of itself. */
  readonly resource: Readonly<Record<string, unknown>>;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

function list(value: unknown): readonly Json[] {
  assert.ok(Array.isArray(value));
  return value.filter(isObject);
}

/** `[{"key": "a", "value": {"intValue": 1}}]` → `{a: 1}` */
function attributesOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    list(value ?? []).map(({ key, value }) => [key, isObject(value) ? Object.values(value)[0] : value]),
  );
}

function spansOf(body: unknown): readonly CollectedSpan[] {
  assert.ok(isObject(body));
  return list(body.resourceSpans).flatMap(({ resource, scopeSpans }) =>
    list(scopeSpans).flatMap(({ spans }) =>
      list(spans).map((span) => ({
        name: String(span.name),
        traceId: String(span.traceId),
        spanId: String(span.spanId),
        parentSpanId: typeof span.parentSpanId === "string" ? span.parentSpanId : undefined,
        startNs: BigInt(String(span.startTimeUnixNano)),
        endNs: BigInt(String(span.endTimeUnixNano)),
        attributes: attributesOf(span.attributes),
        status: isObject(span.status) ? Number(span.status.code ?? 0) : 0,
        resource: isObject(resource) ? attributesOf(resource.attributes) : {},
      })),
    ),
  );
}

export class OtlpCollector {
  readonly url: string;
  /** All that has come so far. */
  readonly spans: CollectedSpan[] = [];
  /** Paths that were posted to. */
  readonly paths = new Set<string>();
  /** Everything as it came. */
  text = "";

  constructor(url: string) {
    this.url = url;
  }
}

export async function startCollector(t: TestContext): Promise<OtlpCollector> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    collector.paths.add(request.url ?? "");
    collector.text += text;
    collector.spans.push(...spansOf(JSON.parse(text)));
    response.setHeader("content-type", "application/json");
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(isAddress(address));
  const collector = new OtlpCollector(`http://127.0.0.1:${address.port}`);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return collector;
}

const isAddress = (address: ReturnType<ReturnType<typeof createServer>["address"]>): address is AddressInfo =>
  typeof address === "object" && address !== null;
