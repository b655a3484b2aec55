import '@tensorflow/tfjs-backend-cpu';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepState } from '../contracts/train-step.js';
import { conv2d, linear } from '../model/layers.js';
import { ParameterScope } from '../model/parameter-scope.js';
import { NEW_LOOP } from '../training/loop-state.js';
import { initialArrays } from '../training/named-arrays.js';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { bestCheckpoints } from './best-checkpoint.js';
import { formatState, replaceLoopState, type StateFile } from './checkpoint-files.js';
import { listCheckpoints, pruneCheckpoints, removeUnfinished } from './checkpoint-list.js';
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
  expect(await loadCheckpoint(path, parameters)).toEqual({ state, loop: NEW_LOOP });
});

test('the state of the loop comes back to the last bit', async () => {
  const parameters = model();
  const losses = { steps: 3, sums: { loss: 0.1 + 0.2, tiny: 5e-324 } };
  const loop = { losses, validated: false, nonFinite: 2, learningRateFactor: 0.1 };
  const path = await saveCheckpoint(folder, parameters, stateOf(parameters, 7), loop);
  expect((await loadCheckpoint(path, parameters)).loop).toEqual(loop);
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
  expect((await loadCheckpoint(path, parameters)).state).toEqual(state);
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

test('the newest are kept', async () => {
  const parameters = model();
  for (const step of [2, 10, 9])
    await saveCheckpoint(folder, parameters, stateOf(parameters, step));
  await pruneCheckpoints(folder, { keep: 2 });
  expect((await readdir(folder)).sort()).toEqual(['10', '9']);
});

test('the last whole one is kept, however old', async () => {
  const parameters = model();
  for (const step of [1, 2, 3, 4])
    await saveCheckpoint(folder, parameters, stateOf(parameters, step));
  for (const step of ['3', '4']) await truncate(join(folder, step, 'model.safetensors'), 9);
  await pruneCheckpoints(folder, { keep: 1 });
  expect(await listCheckpoints(folder)).toEqual([2, 4]);
  await truncate(join(folder, '2', 'state.json'), 9);
  await pruneCheckpoints(folder, { keep: 1 });
  expect(await listCheckpoints(folder)).toEqual([2, 4]);
});

const validated = (psnr: number) => ({ ...NEW_LOOP, validation: { psnr } });

test('the best ones are kept besides the newest, of equal ones the earlier', async () => {
  const parameters = model();
  const means = [20, 33, 31, 33, 32, 25];
  for (const [i, psnr] of means.entries()) {
    const state = stateOf(parameters, i + 1);
    await saveCheckpoint(folder, parameters, state, i === 5 ? NEW_LOOP : validated(psnr));
    await pruneCheckpoints(folder, { keep: 1, keepBest: { metric: 'psnr', count: 1 } });
  }
  expect(await listCheckpoints(folder)).toEqual([2, 6]);
});

test('several best ones are kept, and a damaged one is none of them', async () => {
  const parameters = model();
  for (const [i, psnr] of [31, 35, 33, 30, 20].entries())
    await saveCheckpoint(folder, parameters, stateOf(parameters, i + 1), validated(psnr));
  await truncate(join(folder, '2', 'average.safetensors'), 9);
  const keepBest = { metric: 'psnr', count: 2 } as const;
  await pruneCheckpoints(folder, { keep: 1, keepBest });
  expect(await listCheckpoints(folder)).toEqual([1, 3, 5]);
  expect(await bestCheckpoints(folder, [1, 3, 5], keepBest)).toEqual([
    { step: 3, value: 33 },
    { step: 1, value: 31 },
  ]);
});

test('a validation that is noted later is sealed as the others, the weights are as they were', async () => {
  const parameters = model();
  const state = stateOf(parameters, 3);
  const path = await saveCheckpoint(folder, parameters, state, { ...NEW_LOOP, validated: false });
  await replaceLoopState(path, validated(30));
  expect(await loadCheckpoint(path, parameters)).toEqual({ state, loop: validated(30) });
});

test('what interrupted saves and removals left is removed on request, and is never a checkpoint', async () => {
  const parameters = model();
  await saveCheckpoint(folder, parameters, stateOf(parameters, 1));
  for (const name of ['11.99.tmp', '2.removed.tmp']) await mkdir(join(folder, name));
  await pruneCheckpoints(folder, { keep: 1 });
  expect(await listCheckpoints(folder)).toEqual([1]);
  expect((await readdir(folder)).length).toBe(3);
  await removeUnfinished(folder);
  expect(await readdir(folder)).toEqual(['1']);
});

test('a damaged one of the same step is replaced and kept aside', async () => {
  const parameters = model();
  const state = stateOf(parameters, 3);
  const path = await saveCheckpoint(folder, parameters, state);
  await truncate(join(path, 'optimizer.safetensors'), 20);
  expect(await saveCheckpoint(folder, parameters, state)).toBe(path);
  expect((await loadCheckpoint(path, parameters)).state).toEqual(state);
  expect((await readdir(folder)).sort()).toEqual(['3', '3.damaged']);
});

test('a folder that vanished is an error, and is not made again', async () => {
  const parameters = model();
  const gone = join(folder, 'gone');
  await expect(saveCheckpoint(gone, parameters, stateOf(parameters, 3))).rejects.toMatchObject({
    code: 'E_FILE',
  });
  expect(await readdir(folder)).toEqual([]);
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
});

test.each<[string, (state: StateFile) => object]>([
  ['of another format', (state) => ({ ...state, format: 1 })],
  ['without digests', (state) => ({ ...state, sha256: null })],
  ['with other files', (state) => ({ ...state, sha256: { ...state.sha256, '../x': 'y' } })],
  [
    'without the weights',
    ({ sha256, ...state }) => ({
      ...state,
      sha256: { 'optimizer.safetensors': sha256['optimizer.safetensors'] },
    }),
  ],
  ['without a loop', ({ loop, ...state }) => ({ ...state, was: loop })],
  ['of half a step', (state) => ({ ...state, step: 2.5 })],
])('a state.json %s is damage, though its digest fits', async (_, change) => {
  const parameters = model();
  const path = await saveCheckpoint(folder, parameters, stateOf(parameters, 3));
  const file = join(path, 'state.json');
  const { digest, ...state } = JSON.parse(await readFile(file, 'utf8')) as StateFile & {
    digest: string;
  };
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  await writeFile(file, formatState(change(state) as StateFile));
  await expect(loadCheckpoint(path, parameters)).rejects.toThrow('not the state of a checkpoint');
});

test('a checkpoint under the name of another step is damage', async () => {
  const parameters = model();
  const path = await saveCheckpoint(folder, parameters, stateOf(parameters, 3));
  await rename(path, join(folder, '30'));
  await expect(loadCheckpoint(join(folder, '30'), parameters)).rejects.toThrow('is of step 3');
});

test('a checkpoint of another model is refused by the name of the parameter', async () => {
  const parameters = model();
  const path = await saveCheckpoint(folder, parameters, stateOf(parameters, 3));
  const other = ParameterScope.root(1);
  conv2d(other.scope('other'), 3, 2, 5);
  await expect(loadCheckpoint(path, other)).rejects.toThrow('"other.weight"');
});
