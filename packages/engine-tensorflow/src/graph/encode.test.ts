import { PbfReader } from 'pbf';
import { FLOAT } from './data-types.js';
import { encodeSavedModel, outputName } from './encode.js';
import { Graph, reachable } from './graph.js';

interface ReadNode {
  name: string;
  op: string;
  inputs: string[];
  bytes: number;
}

/** Reads names, operations and inputs back from a SavedModel. */
function readNodes(model: Uint8Array): ReadNode[] {
  const nodes: ReadNode[] = [];
  const readNode = (field: number, node: ReadNode, pbf: PbfReader) => {
    if (field === 1) node.name = pbf.readString();
    else if (field === 2) node.op = pbf.readString();
    else if (field === 3) node.inputs.push(pbf.readString());
  };
  const readGraph = (field: number, _: unknown, pbf: PbfReader) => {
    if (field !== 1) return;
    const before = pbf.pos;
    const node = pbf.readMessage(readNode, { name: '', op: '', inputs: [], bytes: 0 });
    nodes.push({ ...node, bytes: pbf.pos - before });
  };
  const readMeta = (field: number, _: unknown, pbf: PbfReader) => {
    if (field === 2) pbf.readMessage(readGraph, {});
  };
  new PbfReader(model).readFields((field, _, pbf) => {
    if (field === 2) pbf?.readMessage(readMeta, {});
  }, {});
  return nodes;
}

test('nodes have their inputs and what they wait for; aliases are gone', () => {
  const graph = new Graph();
  const x = graph.placeholder('x', [2], FLOAT);
  const later = graph.later({ shape: [2], dtype: FLOAT });
  const sum = graph.one('AddV2', [x, later.output], x, { name: 'sum', controls: [x.node] });
  const parts = graph.add('SplitV', [x], [x, x], { name: 'parts' });
  later.define(parts.outputs[1] as typeof x);
  const nodes = readNodes(encodeSavedModel(reachable(graph, [sum.node])));
  expect(nodes.map(({ name, op, inputs }) => ({ name, op, inputs }))).toEqual([
    { name: 'x', op: 'Placeholder', inputs: [] },
    { name: 'sum', op: 'AddV2', inputs: ['x:0', 'parts:1', '^x'] },
    { name: 'parts', op: 'SplitV', inputs: ['x:0'] },
  ]);
  expect(outputName(later.output)).toBe('parts:1');
});

test('what is never defined is an error, not a graph', () => {
  const graph = new Graph();
  const { output } = graph.later({ shape: [], dtype: FLOAT });
  const used = graph.one('Neg', [output], output);
  expect(() => reachable(graph, [used.node])).toThrow('never defined');
});

test('a constant of one value takes the space of one value', () => {
  const graph = new Graph();
  const ones = graph.constant(new Float32Array(1e5).fill(1), [1e5], FLOAT);
  const ramp = graph.constant(
    Float32Array.from({ length: 100 }, (_, i) => i),
    [100],
    FLOAT,
  );
  const bytes = readNodes(encodeSavedModel([ones.node, ramp.node])).map((node) => node.bytes);
  expect(bytes[0]).toBeLessThan(100);
  expect(bytes[1]).toBeGreaterThan(400);
});

test('small constants are there once, large ones are copied', () => {
  const graph = new Graph();
  expect(graph.int32([1, 2])).toBe(graph.int32([1, 2]));
  expect(graph.int32([1, 2])).not.toBe(graph.int32([2, 1]));
  expect(graph.scalar(1)).not.toBe(graph.int32([1]));
  const values = Float32Array.from({ length: 20 }, (_, i) => i);
  const constant = graph.constant(values, [20], FLOAT);
  values.fill(0);
  const { value } = constant.node.attributes.get('value') as { value: { values: Float32Array } };
  expect(value.values[19]).toBe(19);
});
