import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readSafetensors, type CellResults, type Manifest } from '@mmsr/core';
import { locateLibrary } from '@mmsr/engine-tensorflow';
import { MMSR_RUN, mmsrRun, NO_NATIVE_PARTS, start, temporaryFolder } from './command-line.js';
import { THREADS, TINY, writeExperiment } from './experiments.js';
import { writeHungryExperiment } from './memory-plugin.js';

/** With what is installed here; see .ci/run. */
const NATIVE = { MMSR_CACHE: process.env.MMSR_CACHE };
const AUTO: [string, string] = ['engine: wasm\n', ''];

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const cell = (name: string, ...path: string[]) => join(folder, 'runs', name, 'main', ...path);
const readJson = async <T>(path: string) => JSON.parse(await readFile(path, 'utf8')) as T;

async function weightsOf(name: string, step: number): Promise<number[]> {
  const path = cell(name, 'checkpoints', String(step), 'model.safetensors');
  const { tensors } = readSafetensors(await readFile(path), path);
  return [...tensors.values()].flatMap(({ data }) => [...data]);
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return a.reduce((max, value, i) => Math.max(max, Math.abs(value - (b[i] as number))), 0);
}

test('engine: auto takes TensorFlow, and only what mmsr says is printed', async () => {
  const file = await writeExperiment(folder, [AUTO]);
  const { code, stdout, stderr } = await mmsrRun([file], folder, NATIVE);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/main\s+20x\s+2\s+\d+\.\d\d/);
  expect(stderr).toMatch(/engine tensorflow \d+\.\d+\.\d+ on cpu, \d+ threads/);
  expect(stderr).not.toMatch(/oneDNN|absl|[IWEF]\d{4} /);
  const manifest = await readJson<Manifest>(cell('tiny', 'manifest.json'));
  expect(manifest.device).toMatchObject({ engine: 'tensorflow', device: 'cpu' });
});

test('mmsr-run engine measures it beside the others', async () => {
  const { code, stdout, stderr } = await mmsrRun(['engine'], folder, NATIVE);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const speed = (name: string) =>
    Number(new RegExp(`^${name} +\\S+ +cpu +\\d+ +([\\d.]+)`, 'm').exec(stdout)?.[1]);
  expect(speed('tensorflow')).toBeGreaterThan(1);
  expect(speed('wasm')).toBeGreaterThan(0);
  expect(stdout.indexOf('tensorflow')).toBeLessThan(stdout.indexOf('wasm'));
});

test('a run that wasm began goes on with TensorFlow and ends as on one engine', async () => {
  const longer: [string, string] = ['steps: 6', 'steps: 40'];
  const file = await writeExperiment(folder, [THREADS, AUTO, longer]);
  const begun = start(process.execPath, [MMSR_RUN, file], folder, NO_NATIVE_PARTS);
  await begun.seen('step 1/40');
  begun.kill('SIGUSR2');
  expect((await begun.ended).code).toBe(75);
  const refused = await mmsrRun([file], folder, NATIVE);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('device.engine was "wasm", is "tensorflow"');
  const { code, stderr } = await mmsrRun([file, '--allow', 'engine'], folder, NATIVE);
  expect(code).toBe(0);
  expect(stderr).toContain('engine tensorflow');
  expect(stderr).toContain('resumed from the checkpoint of step');

  const whole = await writeExperiment(folder, [
    THREADS,
    AUTO,
    longer,
    ['name: tiny', 'name: whole'],
  ]);
  await mmsrRun([whole], folder, NO_NATIVE_PARTS);
  expect(largestDifference(await weightsOf('tiny', 40), await weightsOf('whole', 40))).toBeLessThan(
    1e-4,
  );
});

test.each([
  ['compile', '{name: tensorflow, compile: false}'],
  ['precision', '{name: tensorflow, precision: bfloat16}'],
  ['xla', '{name: tensorflow, xla: true}'],
])('the option %s is followed', async (_, engine) => {
  await mmsrRun([await writeExperiment(folder, [AUTO])], folder, NATIVE);
  const changed = await writeExperiment(folder, [
    ['engine: wasm', `engine: ${engine}`],
    ['name: tiny', 'name: changed'],
  ]);
  const { code, stderr } = await mmsrRun([changed], folder, NATIVE);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const difference = largestDifference(await weightsOf('tiny', 6), await weightsOf('changed', 6));
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(2e-2);
});

test('a stock package of tfjs-node is used as it is', async () => {
  const located = await locateLibrary();
  if ('reason' in located) throw new Error(located.reason);
  const stock = join(folder, 'node_modules', '@tensorflow', 'tfjs-node');
  await mkdir(join(stock, 'lib'), { recursive: true });
  await writeFile(join(stock, 'package.json'), '{"name": "@tensorflow/tfjs-node"}');
  await symlink(located.kernelsFolder, join(stock, 'dist'));
  await symlink(dirname(located.bindingFile), join(stock, 'lib', 'napi-v8'));
  const { code, stderr } = await mmsrRun([await writeExperiment(folder, [AUTO])], folder);
  expect(code).toBe(0);
  expect(stderr).toContain('engine tensorflow');
});

test('threads are used and recorded; a GPU that is not there is an error', async () => {
  const engine = (options: string) =>
    writeExperiment(folder, [['engine: wasm', `engine: {name: tensorflow, ${options}}`]]);
  expect((await mmsrRun([await engine('threads: 1')], folder, NATIVE)).code).toBe(0);
  const { device } = await readJson<Manifest>(cell('tiny', 'manifest.json'));
  expect(device.threads).toBe(1);

  const refused = await mmsrRun([await engine('device: gpu'), '--out', 'other'], folder, {
    ...NATIVE,
    CUDA_VISIBLE_DEVICES: '-1',
  });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('TensorFlow finds no GPU');
  expect(refused.stderr).toContain('install tensorflow --gpu');
});

test('bfloat16 ends within 0.1 dB of float32 after 500 steps', async () => {
  const psnrOf = async (precision: string) => {
    const file = await writeExperiment(
      folder,
      [
        THREADS,
        ['engine: wasm', `engine: {name: tensorflow, precision: ${precision}}`],
        ['name: tiny', `name: ${precision}`],
        ['blocks: 1, features: 8', 'blocks: 3, features: 24'],
        ['head: {name: pooled-linear}', 'head: null'],
        ['optimizer:', 'schedule: {name: cosine}\noptimizer:'],
        ['steps: 6, batchSize: 4, checkpointEverySteps: 2', 'steps: 500, batchSize: 8, ema: 0.99'],
        ['patchPx: 16', 'patchPx: 48'],
        ['patchPx: 32\n    count: 2', 'patchPx: 64\n    count: 4'],
      ],
      TINY,
    );
    const { code, stderr } = await mmsrRun([file], folder, NATIVE);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const { summary } = await readJson<CellResults>(cell(precision, 'results.json'));
    return summary.all as { psnrDb: number; bicubic: { psnrDb: number } };
  };
  const full = await psnrOf('float32');
  const half = await psnrOf('bfloat16');
  expect(full.psnrDb - full.bicubic.psnrDb).toBeGreaterThan(0.2);
  expect(Math.abs(half.psnrDb - full.psnrDb)).toBeLessThan(0.1);
});

test.each(['true', 'false'])(
  'a tensor that TensorFlow finds no memory for is told with its size, compile: %s, and the run goes on',
  async (compile) => {
    const engine = `{name: tensorflow, device: cpu, compile: ${compile}}`;
    const file = await writeHungryExperiment(folder, engine);
    const failed = await mmsrRun([file], folder, { ...NATIVE, HUNGRY: 'image' });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      /memory ran out in the evaluation of .*, 32 x 32 px: .*OOM when allocating tensor with shape\[1000000,1000000\].* \(4,000 GB\)\. Lower patchPx/,
    );
    const again = await mmsrRun([file], folder, NATIVE);
    expect(again.stderr).toContain('resumed from the checkpoint of step 6');
    expect(again.code).toBe(0);
  },
);
