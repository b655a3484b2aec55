import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start, temporaryFolder } from './command-line.js';
import { writeExperiment } from './experiments.js';

test('the script of docs/api.md runs as written', async () => {
  const { path: folder, remove } = await temporaryFolder();
  const docs = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const [script] = /```js\n([\s\S]*?)```/.exec(docs)?.slice(1) as [string];
  expect(script.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  const api = new URL('../../packages/cli/dist/index.js', import.meta.url).href;
  await writeExperiment(folder);
  await writeFile(join(folder, 'script.mjs'), script.replace("'mmsr-run'", `'${api}'`));
  const { code, stdout, stderr } = await start(process.execPath, ['script.mjs'], folder).ended;
  await remove();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/main step 6: loss \d/);
  expect(stdout).toMatch(/main done \d+\.\d\d dB, bicubic \d+\.\d\d dB/);
});
