import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../testing/temporary-folder.js';

const folder = temporaryFolder();

const source = (path: string) => new URL(path, import.meta.url).href;

test('threads that were never closed do not keep the process alive', () => {
  const program = `
    import { PatchPipeline } from '${source('./patch-pipeline.js')}';
    import { dataPlugins } from '${source('../index.js')}';
    const origin = () => ({ url: '${source('../index.js')}' });
    const find = (kind, name) => dataPlugins.find((one) => one.kind === kind && one.name === name);
    const experiment = JSON.parse(process.argv[2]);
    const data = await new PatchPipeline({ find, origin }).open(experiment, '.');
    const { count } = await data.batches(0).next();
    console.log('batch of', count);
  `;
  const tissue = { count: 1, sizePx: 64, magnification: 20, glands: 0, lymphocytes: 0 };
  const split = {
    source: { name: 'synthetic', stainVariation: 0, noise: 0, ...tissue },
    magnifications: [20],
    patchPx: 16,
    augment: { flip: true, rotate: true },
    count: null,
    transforms: [],
  };
  const data = {
    train: split,
    test: split,
    degradation: { name: 'bicubic' },
    transforms: [],
    workers: 1,
    onBadPatch: 'error',
  };
  const experiment = { seed: 1, scale: 2, data, training: { batchSize: 2 } };
  const file = join(folder, 'program.mjs');
  writeFileSync(file, program);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [file, JSON.stringify(experiment)],
    { encoding: 'utf8', timeout: 60_000 },
  );
  expect(stderr).toBe('');
  expect(stdout).toBe('batch of 2\n');
  expect(status).toBe(0);
});
