import { Bfloat16Graph } from './bfloat16-graph.js';
import { BFLOAT16, FLOAT } from './data-types.js';
import type { Output } from './graph.js';

const image = (channels: number) => ({ shape: [2, 8, 8, channels], dtype: FLOAT }) as const;

function features() {
  const graph = new Bfloat16Graph();
  const x = graph.placeholder('x', [2, 8, 8, 16], FLOAT);
  const filter = graph.placeholder('filter', [3, 3, 16, 16], FLOAT);
  return { graph, x, y: graph.one('Conv2D', [x, filter], image(16)) };
}

const isNarrow = (graph: Bfloat16Graph, output: Output) => graph.source(output).dtype === BFLOAT16;

test('a convolution computes in bfloat16 and is read as float32', () => {
  const { graph, y } = features();
  expect(y.dtype).toBe(FLOAT);
  const convolution = graph.source(y).node;
  expect(convolution.op).toBe('Conv2D');
  expect(convolution.attributes.get('T')).toEqual({ kind: 'type', value: BFLOAT16 });
  expect(convolution.inputs.map(({ node, dtype }) => [node.op, dtype])).toEqual([
    ['Cast', BFLOAT16],
    ['Cast', BFLOAT16],
  ]);
});

test('what stands between convolutions stays in bfloat16, other things do not', () => {
  const { graph, y } = features();
  const bias = graph.placeholder('bias', [16], FLOAT);
  const biased = graph.one('BiasAdd', [y, bias], image(16));
  const active = graph.one('Relu', [biased], image(16));
  expect(isNarrow(graph, active)).toBe(true);
  expect(isNarrow(graph, graph.one('Softmax', [active], image(16)))).toBe(false);
  expect(isNarrow(graph, graph.one('Sum', [active, graph.int32([1])], image(16)))).toBe(false);
});

test('operands that are images decide, small ones are rounded', () => {
  const { graph, x, y } = features();
  const weights = graph.placeholder('weights', [2, 1, 1, 16], FLOAT);
  expect(isNarrow(graph, graph.one('Mul', [y, weights], image(16)))).toBe(true);
  expect(isNarrow(graph, graph.one('AddV2', [y, x], image(16)))).toBe(false);
  expect(isNarrow(graph, graph.one('Mul', [x, weights], image(16)))).toBe(false);
});

test('colours are float32, in and out', () => {
  const graph = new Bfloat16Graph();
  const x = graph.placeholder('x', [2, 8, 8, 3], FLOAT);
  const filter = graph.placeholder('filter', [1, 1, 3, 3], FLOAT);
  expect(isNarrow(graph, graph.one('Conv2D', [x, filter], image(3)))).toBe(false);
});

test('the gradient of a bias of a matrix product is a product with ones', () => {
  const { graph, y } = features();
  const filter = graph.placeholder('matrix', [16, 16], FLOAT);
  const rows = graph.one('MatMul', [y, filter], { shape: [128, 16], dtype: FLOAT });
  const gradient = (of: Output) => graph.one('BiasAddGrad', [of], { shape: [16], dtype: FLOAT });
  const sum = graph.source(gradient(rows));
  expect(sum.shape).toEqual([16]);
  expect(sum.node.op).toBe('Reshape');
  expect(sum.node.inputs[0]?.node.op).toBe('MatMul');
  // A convolution's is computed with the gradient of its filter.
  expect(graph.source(gradient(y)).node.op).toBe('BiasAddGrad');
});
