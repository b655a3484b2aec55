import { PbfWriter } from 'pbf';
import { FLOAT, INT32, type DataType } from './data-types.js';
import {
  resolved,
  type Attribute,
  type ConstantValue,
  type Node,
  type Output,
  type Shape,
} from './graph.js';

/*
 * The protobuf messages of a SavedModel that holds one graph and nothing else. The field numbers are
 * those of tensorflow/core/protobuf/{saved_model,meta_graph}.proto and tensorflow/core/framework/
 * {graph,node_def,attr_value,tensor,tensor_shape,versions}.proto.
 */

/** What loads the graph: see `binding.loadSavedModel(folder, TAG)`. */
export const TAG = 'serve';

/** Operations behave as in this version of TensorFlow's graphs: any after 2018. */
const PRODUCER = 2000;

/** @returns the contents of saved_model.pb */
export function encodeSavedModel(nodes: readonly Node[]): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, 1); // SavedModel.saved_model_schema_version
  pbf.writeMessage(2, writeMetaGraph, nodes);
  return pbf.finish();
}

function writeMetaGraph(nodes: readonly Node[], pbf: PbfWriter): void {
  pbf.writeMessage(1, (tag, info) => info.writeStringField(4, tag), TAG); // meta_info_def.tags
  pbf.writeMessage(2, writeGraph, nodes);
}

function writeGraph(nodes: readonly Node[], pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeMessage(4, (producer, versions) => versions.writeVarintField(1, producer), PRODUCER);
}

function writeNode(node: Node, pbf: PbfWriter): void {
  pbf.writeStringField(1, node.name);
  pbf.writeStringField(2, node.op);
  for (const input of node.inputs) pbf.writeStringField(3, outputName(input));
  for (const control of node.controls) pbf.writeStringField(3, `^${control.name}`);
  for (const entry of node.attributes) pbf.writeMessage(5, writeAttributeEntry, entry);
}

/** How a tensor is called: the node's name, a colon and which output. */
export function outputName(output: Output): string {
  const { node, index } = resolved(output);
  return `${node.name}:${index}`;
}

function writeAttributeEntry([name, attribute]: [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, writeAttribute, attribute);
}

function writeAttribute(attribute: Attribute, pbf: PbfWriter): void {
  if (attribute.kind === 'shape') return pbf.writeMessage(7, writeShape, attribute.value);
  if (attribute.kind === 'tensor') return pbf.writeMessage(8, writeTensor, attribute.value);
  if (Array.isArray(attribute.value)) return pbf.writeMessage(1, writeList, attribute);
  writeValue(attribute, pbf);
}

/** AttrValue and its ListValue give each kind the same field, 2 to 6. */
function writeList(attribute: Attribute, pbf: PbfWriter): void {
  for (const value of attribute.value as readonly unknown[]) {
    writeValue({ kind: attribute.kind, value } as Attribute, pbf);
  }
}

function writeValue({ kind, value }: Attribute, pbf: PbfWriter): void {
  if (kind === 'string') pbf.writeBytesField(2, Buffer.from(value as string));
  else if (kind === 'int') pbf.writeVarintField(3, value as number);
  else if (kind === 'float') pbf.writeFloatField(4, value as number);
  else if (kind === 'bool') pbf.writeBooleanField(5, value as boolean);
  else pbf.writeVarintField(6, value as number);
}

function writeShape(shape: Shape, pbf: PbfWriter): void {
  for (const side of shape) {
    pbf.writeMessage(2, (size, dimension) => dimension.writeVarintField(1, size), side);
  }
}

function writeTensor({ dtype, shape, values }: ConstantValue, pbf: PbfWriter): void {
  pbf.writeVarintField(1, dtype);
  pbf.writeMessage(2, writeShape, shape);
  if (values.length === 1) return writeFilled(dtype, values[0] as number, pbf);
  // TensorFlow wants the machine's byte order, which all machines that it runs on have: little endian.
  pbf.writeBytesField(4, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function writeFilled(dtype: DataType, value: number, pbf: PbfWriter): void {
  if (dtype === FLOAT) pbf.writePackedFloat(5, [value]);
  else if (dtype === INT32) pbf.writePackedVarint(7, [value]);
  else pbf.writePackedBoolean(11, [value !== 0]);
}
