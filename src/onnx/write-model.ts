/** @file Serialises a graph as an ONNX model. Knows the wire format; computes nothing. */
import {
  type Attribute,
  ELEMENT_TYPES,
  type ExternalTensor,
  type Graph,
  type InlineTensor,
  type Node,
  type ValueInfo,
} from "./graph.js";
import { ModelProto } from "./model-proto.js";

const IR_VERSION = 8;
const OPERATOR_SETS = [
  { domain: "", version: 17 },
  { domain: "com.microsoft", version: 1 },
] as const;
/** `TensorProto.DataLocation.EXTERNAL` */
const EXTERNAL = 1;
/** `AttributeProto.AttributeType` */
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const satisfies Record<
  Attribute["kind"],
  number
>;

/** The model's bytes: kilobytes, since weights are references into files. */
export function writeModel(graph: Graph): Uint8Array {
  const message = ModelProto.fromObject({
    irVersion: IR_VERSION,
    producerName: "inpaint-server",
    opsetImport: OPERATOR_SETS,
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeProto),
      initializer: [...graph.constants.map(inlineProto), ...graph.weights.map(externalProto)],
      input: graph.inputs.map(valueInfoProto),
      output: graph.outputs.map(valueInfoProto),
    },
  });
  return ModelProto.encode(message).finish();
}

function nodeProto(node: Node, index: number) {
  return {
    input: node.inputs,
    output: node.outputs,
    name: `${node.op}_${index}`,
    opType: node.op,
    domain: node.domain,
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeProto(name, attribute)),
  };
}

function attributeProto(name: string, attribute: Attribute) {
  const type = ATTRIBUTE_TYPES[attribute.kind];
  switch (attribute.kind) {
    case "int":
      return { name, type, i: attribute.value };
    case "ints":
      return { name, type, ints: attribute.value };
    case "float":
      return { name, type, f: attribute.value };
    case "string":
      return { name, type, s: new TextEncoder().encode(attribute.value) };
    default:
      attribute satisfies never;
      throw new Error("an attribute kind has no wire form. This is a bug.");
  }
}

function inlineProto(tensor: InlineTensor) {
  const { name, shape, type, bytes } = tensor;
  return { name, dims: shape, dataType: ELEMENT_TYPES[type], rawData: bytes };
}

function externalProto(tensor: ExternalTensor) {
  const { name, shape, type, location, offset, length } = tensor;
  return {
    name,
    dims: shape,
    dataType: ELEMENT_TYPES[type],
    dataLocation: EXTERNAL,
    externalData: [
      { key: "location", value: location },
      { key: "offset", value: String(offset) },
      { key: "length", value: String(length) },
    ],
  };
}

function valueInfoProto(info: ValueInfo) {
  const dim = info.shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name: info.name, type: { tensorType: { elemType: ELEMENT_TYPES[info.type], shape: { dim } } } };
}
