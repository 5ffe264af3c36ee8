/**
 * @file The part of onnx.proto that we write, as a protobuf descriptor: message → field → [type, number].
 * Reference: onnx/onnx.proto (IR version 8). Fields that we never write are left out.
 */
import protobuf from "protobufjs/light.js";

type Field = readonly [type: string, id: number, rule?: "repeated"];

const MESSAGES = {
  ModelProto: {
    irVersion: ["int64", 1],
    producerName: ["string", 2],
    graph: ["GraphProto", 7],
    opsetImport: ["OperatorSetIdProto", 8, "repeated"],
  },
  OperatorSetIdProto: { domain: ["string", 1], version: ["int64", 2] },
  GraphProto: {
    node: ["NodeProto", 1, "repeated"],
    name: ["string", 2],
    initializer: ["TensorProto", 5, "repeated"],
    input: ["ValueInfoProto", 11, "repeated"],
    output: ["ValueInfoProto", 12, "repeated"],
  },
  NodeProto: {
    input: ["string", 1, "repeated"],
    output: ["string", 2, "repeated"],
    name: ["string", 3],
    opType: ["string", 4],
    attribute: ["AttributeProto", 5, "repeated"],
    domain: ["string", 7],
  },
  AttributeProto: {
    name: ["string", 1],
    f: ["float", 2],
    i: ["int64", 3],
    s: ["bytes", 4],
    ints: ["int64", 8, "repeated"],
    type: ["int32", 20],
  },
  TensorProto: {
    dims: ["int64", 1, "repeated"],
    dataType: ["int32", 2],
    name: ["string", 8],
    rawData: ["bytes", 9],
    externalData: ["StringStringEntryProto", 13, "repeated"],
    dataLocation: ["int32", 14],
  },
  StringStringEntryProto: { key: ["string", 1], value: ["string", 2] },
  ValueInfoProto: { name: ["string", 1], type: ["TypeProto", 2] },
  TypeProto: { tensorType: ["TensorTypeProto", 1] },
  TensorTypeProto: { elemType: ["int32", 1], shape: ["TensorShapeProto", 2] },
  TensorShapeProto: { dim: ["DimensionProto", 1, "repeated"] },
  DimensionProto: { dimValue: ["int64", 1], dimParam: ["string", 2] },
} as const satisfies Record<string, Record<string, Field>>;

const toFields = (fields: Record<string, Field>) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, [type, id, rule]]) => [
      name,
      rule === undefined ? { type, id } : { type, id, rule },
    ]),
  );

export const ModelProto = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(MESSAGES).map(([name, fields]) => [name, { fields: toFields(fields) }]),
  ),
}).lookupType("ModelProto");
