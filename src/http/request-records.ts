/** @file Which record belongs to which request. Knows no content of either. */
import type { FastifyRequest } from "fastify";
import { RequestRecord } from "../observability/request-record.js";
import type { TraceSpan } from "../observability/tracing.js";

const RECORDS = new WeakMap<FastifyRequest, RequestRecord>();

export function openRecord(request: FastifyRequest, span: TraceSpan | undefined): RequestRecord {
  const record = new RequestRecord(span);
  RECORDS.set(request, record);
  return record;
}

/** One of its own for a request that was refused before any hook saw it. */
export function recordOf(request: FastifyRequest): RequestRecord {
  return RECORDS.get(request) ?? openRecord(request, undefined);
}
