import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { writeHungryExperiment } from './memory-plugin.js';

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

test('a step without memory fails by name, the last checkpoint stays, and the run goes on', async () => {
  const file = await writeHungryExperiment(folder, 'wasm');
  const { code, stderr } = await mmsrRun([file], folder, { HUNGRY: 'step' });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /main failed: memory ran out in step 3, a batch of 4 patches of 16 px: WebAssembly has no \d{7} MiB left; it holds \d+ of the 4096/,
  );
  expect(stderr).toMatch(/Lower training\.batchSize .* \[E_OUT_OF_MEMORY\]/);
  expect(await readdir(join(folder, 'runs', 'tiny', 'main', 'checkpoints'))).toEqual(['2']);
  const again = await mmsrRun([file], folder);
  expect(again.stderr).toContain('resumed from the checkpoint of step 2');
  expect(again.code).toBe(0);
});

test('an image without memory is named; the trained weights stay, and only the images are done again', async () => {
  const file = await writeHungryExperiment(folder, 'wasm');
  const { code, stderr } = await mmsrRun([file], folder, { HUNGRY: 'image' });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /memory ran out in the evaluation of \S.*, 32 x 32 px: WebAssembly has no/,
  );
  expect(stderr).toContain('Lower patchPx of data.test');
  const again = await mmsrRun([file], folder);
  expect(again.stderr).toContain('resumed from the checkpoint of step 6');
  expect(again.code).toBe(0);
});
