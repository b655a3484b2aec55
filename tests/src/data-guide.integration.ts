import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { GUIDE_EXPERIMENTS, writeGuide } from './guide-files.js';

const { path: folder, remove } = await temporaryFolder();
afterAll(remove);

/** Training as long as the defaults have it is all that is left out. */
test.each(GUIDE_EXPERIMENTS)('$name trains and is tested', async (experiment) => {
  const here = join(folder, experiment.name);
  await mkdir(here);
  const file = await writeGuide(here, experiment);
  const short = ['--set', 'training.steps=2', '--set', 'training.batchSize=4'];
  const { code, stderr } = await mmsrRun([file, ...short], here, { FORCE_COLOR: '0' });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const results = join(here, 'runs', experiment.name, 'main', 'results.json');
  const { summary } = JSON.parse(await readFile(results, 'utf8')) as {
    summary: Record<string, { bicubic: { psnrDb: number } }>;
  };
  for (const { bicubic } of Object.values(summary)) expect(bicubic.psnrDb).toBeGreaterThan(10);
});
