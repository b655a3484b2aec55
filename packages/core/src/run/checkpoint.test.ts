import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepState } from '../contracts/train-step.js';
import { conv2d, linear } from '../model/layers.js';
import { ParameterScope } from '../model/parameter-scope.js';
import { initialArrays } from '../training/named-arrays.js';
import { listCheckpoints, loadCheckpoint, pruneCheckpoints, saveCheckpoint } from './checkpoint.js';
import { readSafetensors } from './safetensors.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmsr-checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true }));

function model(): ParameterScope {
  const parameters = ParameterScope.root(4);
  conv2d(parameters.scope('conv'), 3, 2, 5);
  linear(parameters.scope('linear'), 4, 3);
  parameters.parameter('buffer', [2], () => Float32Array.of(8, 9), { trainable: false });
  return parameters;
}

function stateOf(parameters: ParameterScope, step: number): StepState {
  const shifted = (by: number, list = parameters.trainable) =>
    new Map([...initialArrays(list)].map(([name, values]) => [name, values.map((v) => v + by)]));
  return {
    step,
    parameters: shifted(0, parameters.all),
    firstMoment: shifted(1),
    secondMoment: shifted(2),
    average: shifted(3, parameters.all),
  };
}

test('what is loaded is what was saved, bit for bit', async () => {
  const parameters = model();
  const state = stateOf(parameters, 7);
  const path = await saveCheckpoint(folder, parameters, state);
  expect(await loadCheckpoint(path, parameters)).toEqual(state);
});

test('without an average there is none in the files', async () => {
  const parameters = model();
  const { average, ...state } = stateOf(parameters, 7);
  expect(average).toBeDefined();
  const path = await saveCheckpoint(folder, parameters, state);
  expect((await readdir(path)).sort()).toEqual([
    'model.safetensors',
    'optimizer.safetensors',
    'state.json',
  ]);
  expect(await loadCheckpoint(path, parameters)).toEqual(state);
});

test('the weights are stored in the layout of PyTorch', async () => {
  const parameters = model();
  const state = stateOf(parameters, 1);
  const path = await saveCheckpoint(folder, parameters, state);
  const file = join(path, 'model.safetensors');
  const { tensors } = readSafetensors(await readFile(file), file);
  expect(tensors.get('conv.weight')?.shape).toEqual([2, 3, 5, 5]);
  expect(tensors.get('linear.weight')?.shape).toEqual([3, 4]);
  // HWIO [1, 2, 2, 1] is OIHW [1, 2, 1, 2].
  const ours = state.parameters.get('conv.weight') as Float32Array;
  const theirs = tensors.get('conv.weight')?.data as Float32Array;
  expect(theirs[((1 * 3 + 2) * 5 + 1) * 5 + 2]).toBe(ours[((1 * 5 + 2) * 3 + 2) * 2 + 1]);
});

test('the newest are kept, and what an interrupted save left is removed', async () => {
  const parameters = model();
  for (const step of [2, 10, 9])
    await saveCheckpoint(folder, parameters, stateOf(parameters, step));
  await writeFile(join(folder, '11.99.tmp'), '');
  await pruneCheckpoints(folder, 2);
  expect(await listCheckpoints(folder)).toEqual([9, 10]);
  expect((await readdir(folder)).sort()).toEqual(['10', '9']);
});

test('a folder that is not there has no checkpoints', async () => {
  expect(await listCheckpoints(join(folder, 'none'))).toEqual([]);
});

test.each(['model', 'average', 'optimizer'])('a damaged %s.safetensors is found', async (name) => {
  const parameters = model();
  const path = await saveCheckpoint(folder, parameters, stateOf(parameters, 3));
  const file = join(path, `${name}.safetensors`);
  const bytes = await readFile(file);
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 1;
  await writeFile(file, bytes);
  await expect(loadCheckpoint(path, parameters)).rejects.toThrow('digest');
  await rm(file);
  await expect(loadCheckpoint(path, parameters)).rejects.toThrow('cannot be read');
});

test('a cut or foreign state.json is found', async () => {
  const parameters = model();
  const path = await saveCheckpoint(folder, parameters, stateOf(parameters, 3));
  await truncate(join(path, 'state.json'), 10);
  await expect(loadCheckpoint(path, parameters)).rejects.toMatchObject({ code: 'E_CHECKPOINT' });
  await writeFile(join(path, 'state.json'), '{"format":1,"step":3,"sha256":{"../x":"y"}}');
  await expect(loadCheckpoint(path, parameters)).rejects.toThrow('not the state of a checkpoint');
});

test('a checkpoint of another model is refused by the name of the parameter', async () => {
  const parameters = model();
  const path = await saveCheckpoint(folder, parameters, stateOf(parameters, 3));
  const other = ParameterScope.root(1);
  conv2d(other.scope('other'), 3, 2, 5);
  await expect(loadCheckpoint(path, other)).rejects.toThrow('"other.weight"');
});
