import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start, temporaryFolder, type Ended } from './command-line.js';
import { THREADS, TINY, writeExperiment } from './experiments.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Fails with what the command printed when it did not end well. */
async function run(command: string, args: readonly string[], folder: string): Promise<Ended> {
  const ended = await start(command, args, folder).ended;
  if (ended.code !== 0) throw new Error(`${command} ${args.join(' ')}\n${ended.stderr}`);
  return ended;
}

let folder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  const tarballs = join(folder, 'tarballs');
  await mkdir(tarballs);
  await run('npm', ['pack', '--workspaces', '--pack-destination', tarballs], ROOT);
  const files = (await readdir(tarballs)).map((name) => join(tarballs, name));
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--no-audit', '--no-fund', ...files], folder);
});
afterAll(() => remove());

test('installed from the tarballs, an experiment runs with npx', async () => {
  const file = await writeExperiment(folder, [THREADS]);
  const { stdout } = await run('npx', ['--no-install', 'mmsr-run', file], folder);
  expect(stdout).toMatch(/main\s+20x\s+2\s+\d+\.\d\d/);
  // Its script and style are files of the package.
  expect(stdout).toMatch(/report\.html\n$/);
});

test('no tests, fixtures or build records are packed', async () => {
  const packages = [
    ...(await readdir(join(folder, 'node_modules', '@mmsr'))).map((name) => `@mmsr/${name}`),
    'mmsr-run',
  ];
  expect(packages.length).toBe((await readdir(join(ROOT, 'packages'))).length);
  for (const name of packages) {
    const root = join(folder, 'node_modules', name);
    const files = await readdir(root, { recursive: true });
    expect(
      files.filter(
        (file) =>
          /\.test\.|testing|golden|tsbuildinfo|\.tsx?$/.test(file) && !file.endsWith('.d.ts'),
      ),
    ).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
  }
});

test('Python’s safetensors reads every file of a checkpoint, in the layout of PyTorch', async () => {
  const python = process.env.MMSR_PYTHON;
  if (python === undefined)
    throw new Error('set MMSR_PYTHON to a Python with tests/requirements.txt');
  const file = await writeExperiment(folder, [['name: tiny', 'name: python']], TINY);
  await run('npx', ['--no-install', 'mmsr-run', file], folder);
  const checkpoint = join(folder, 'runs', 'python', 'main', 'checkpoints', '6');
  const script = `
import json, sys
from safetensors.numpy import load_file
files = {name: load_file(f"{sys.argv[1]}/{name}.safetensors") for name in ("model", "average", "optimizer")}
print(json.dumps({name: {key: list(value.shape) for key, value in tensors.items()} for name, tensors in files.items()}))
print(float(files["model"]["head.0.weight"][1, 2, 0, 1]))
`;
  const { stdout } = await run(python, ['-c', script, checkpoint], folder);
  const [shapes, value] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown) as [
    Record<string, Record<string, number[]>>,
    number,
  ];
  expect(shapes.model?.['head.0.weight']).toEqual([8, 3, 3, 3]);
  expect(shapes.model?.['magnificationHead.linear.weight']).toEqual([2, 8]);
  expect(shapes.average).toEqual(shapes.model);
  expect(shapes.optimizer?.['exp_avg_sq.body.0.body.0.weight']).toEqual([8, 8, 3, 3]);
  const bytes = await readFile(join(checkpoint, 'model.safetensors'));
  const dataStart = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, dataStart).toString()) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const [begin] = (header['head.0.weight'] as { data_offsets: [number, number] }).data_offsets;
  // Element [1, 2, 0, 1] of [8, 3, 3, 3].
  expect(bytes.readFloatLE(dataStart + begin + 4 * (1 * 27 + 2 * 9 + 0 * 3 + 1))).toBe(value);
});
