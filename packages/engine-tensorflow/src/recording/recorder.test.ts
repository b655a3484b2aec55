import type { MmsrError } from '@mmsr/core';
import { FLOAT } from '../graph/data-types.js';
import { Graph, type Output } from '../graph/graph.js';
import type { BindingAttribute } from '../native/binding.js';
import { fakeBinding } from '../testing/fake-binding.js';
import { Recorder } from './recorder.js';

const binding = fakeBinding();
const T = { name: 'T', type: binding.TF_ATTR_TYPE, value: FLOAT };
const CONVOLUTION = [
  T,
  { name: 'strides', type: binding.TF_ATTR_INT, value: [1, 1, 1, 1] },
  { name: 'padding', type: binding.TF_ATTR_STRING, value: 'SAME' },
  { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
];

function start() {
  const recorder = new Recorder(binding, new Graph());
  const input = (name: string, shape: number[]) => {
    const output = recorder.graph.placeholder(name, shape, FLOAT);
    let id = 0;
    recorder.as(output, () => {
      id = recorder.createTensor(shape, FLOAT, new Float32Array(1));
    });
    return id;
  };
  const run = (name: string, inputs: number[], attributes: readonly BindingAttribute[] = [T]) => {
    const [answer] = recorder.executeOp(name, attributes, inputs);
    return answer as { id: number; shape: number[] };
  };
  const constant = (values: Float32Array | Int32Array, shape: number[]) =>
    recorder.createTensor(shape, values instanceof Float32Array ? FLOAT : 3, values);
  const node = (id: number): Output['node'] => recorder.output(id).node;
  return { recorder, input, run, constant, node };
}

test('operations are answered with shapes and become nodes', () => {
  const { input, run, node } = start();
  const sum = run('Sub', [input('a', [2, 1]), input('b', [3])]);
  expect(sum.shape).toEqual([2, 3]);
  expect(node(sum.id).inputs.map(({ node: { name } }) => name)).toEqual(['a', 'b']);
});

test('a vector added to a convolution is its bias', () => {
  const { input, run, node } = start();
  const y = run('Conv2D', [input('x', [1, 4, 4, 3]), input('w', [3, 3, 3, 8])], CONVOLUTION);
  expect(y.shape).toEqual([1, 4, 4, 8]);
  expect(node(run('Add', [y.id, input('bias', [8])]).id).op).toBe('BiasAdd');
  expect(node(run('Add', [y.id, input('image', [1, 4, 4, 8])]).id).op).toBe('AddV2');
});

test('multiplying by ones of the size of an image does nothing', () => {
  const { recorder, input, run, constant } = start();
  const x = input('x', [2, 4]);
  const ones = constant(new Float32Array(8).fill(1), [2, 4]);
  expect(recorder.output(run('Mul', [x, ones]).id)).toBe(recorder.output(x));
});

test('a constant that repeats one number is taken as the number, and the result has its shape', () => {
  const { input, run, constant, node } = start();
  const half = constant(new Float32Array(8).fill(0.5), [2, 4]);
  const wide = run('Mul', [input('x', [2, 1]), half]);
  expect(wide.shape).toEqual([2, 4]);
  expect(node(wide.id).op).toBe('BroadcastTo');
  expect(node(wide.id).inputs[0]?.shape).toEqual([2, 1]);
});

test('reshaping back and forth leaves what was there', () => {
  const { recorder, input, run, constant } = start();
  const x = input('x', [2, 4]);
  const flat = run('Reshape', [x, constant(Int32Array.of(8), [1])]);
  const back = run('Reshape', [flat.id, constant(Int32Array.of(2, -1), [2])]);
  expect(back.shape).toEqual([2, 4]);
  expect(recorder.output(back.id)).toBe(recorder.output(x));
});

function errorOf(code: () => unknown): MmsrError {
  try {
    code();
  } catch (error) {
    return error as MmsrError;
  }
  throw new Error('nothing was thrown');
}

test('what cannot be recorded names the operation and the nearest parameter', () => {
  const { recorder, input, run } = start();
  const weight = input('w', [4]);
  recorder.nameOf(recorder.output(weight), 'body.0.weight');
  const y = run('Mul', [input('x', [2, 4]), weight]);
  const error = errorOf(() => run('Relu7', [run('Exp', [y.id]).id]));
  expect(error.message).toContain('Relu7 (after "body.0.weight") cannot be compiled');
  expect(error.advice).toContain('compile: false');
  expect(errorOf(() => recorder.tensorDataSync(y.id)).message).toContain('values are read');
  expect(errorOf(() => recorder.refuseRandom()).advice).toContain('pass.uniform');
});

test('a shape that is computed is refused', () => {
  const { input, run } = start();
  const error = errorOf(() => run('Reshape', [input('x', [4]), input('shape', [1])]));
  expect(error.message).toContain('input 1 of Reshape is computed');
});

test('large nodes that need no image wait for what was recorded before them', () => {
  const { input, run, node, recorder } = start();
  const table = recorder.graph.later({ shape: [512, 512], dtype: FLOAT }).output;
  let id = 0;
  recorder.as(table, () => {
    id = recorder.createTensor([512, 512], FLOAT, new Float32Array(1));
  });
  const before = run('Exp', [id]);
  expect(node(before.id).controls).toEqual([]);
  const image = run('Neg', [input('x', [4])]);
  const after = run('Exp', [id]);
  expect(node(after.id).controls).toEqual([node(image.id)]);
});
