import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fakeBinding } from '../testing/fake-binding.js';
import { FLOAT } from './data-types.js';
import { Graph } from './graph.js';
import { Session } from './session.js';

function small() {
  const graph = new Graph();
  const x = graph.placeholder('x', [2], FLOAT);
  const y = graph.one('Neg', [x], { shape: [2], dtype: FLOAT });
  return { graph, x, y };
}

test('a graph is written for TensorFlow to read, and removed', () => {
  const { graph, y } = small();
  let folder = '';
  const binding = fakeBinding({
    loadSavedModel: (path, tag) => {
      folder = path;
      expect(tag).toBe('serve');
      expect(existsSync(join(path, 'saved_model.pb'))).toBe(true);
      return 1;
    },
  });
  new Session(binding, graph, [y]);
  expect(existsSync(folder)).toBe(false);
});

test('inputs and outputs are named, and no tensor stays', () => {
  const { graph, x, y } = small();
  const asked: string[] = [];
  const plain = fakeBinding();
  const binding = fakeBinding({
    runSavedModel: (id, tensors, inputs, outputs) => {
      asked.push(inputs, outputs);
      return plain.runSavedModel(id, tensors, inputs, outputs);
    },
  });
  const session = new Session(binding, graph, [y]);
  const [values] = session.run([y], new Map([[x, Float32Array.of(1, 2)]]));
  expect(asked).toEqual(['x:0', `${y.node.name}:0`]);
  expect([...(values ?? [])]).toEqual([1, 2]);
  expect(binding.held.size).toBe(0);
});

test.each([
  [
    'fail to run: OOM when allocating tensor with shape[4,500000,50] and type half on CPU\n more',
    'E_OUT_OF_MEMORY',
    /shape\[4,500000,50\] and type half on CPU \(0\.2 GB\)$/,
  ],
  ['Incompatible shapes', 'E_ENGINE', /Incompatible shapes$/],
])('a failing run says why, and lets go of its inputs: %s', (reason, code, message) => {
  const { graph, x, y } = small();
  const binding = fakeBinding({
    runSavedModel: () => {
      throw new Error(reason);
    },
  });
  const session = new Session(binding, graph, [y]);
  let error: unknown;
  try {
    session.run([y], new Map([[x, Float32Array.of(1, 2)]]));
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
  expect(binding.held.size).toBe(0);
});

test('a graph that TensorFlow does not take is an error', () => {
  const { graph, y } = small();
  const binding = fakeBinding({
    loadSavedModel: () => {
      throw new Error('Op type not registered');
    },
  });
  expect(() => new Session(binding, graph, [y])).toThrow('the graph cannot be loaded: Op type');
});
