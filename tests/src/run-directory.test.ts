import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MMSR_RUN, mmsrRun, start, temporaryFolder } from './command-line.js';
import { writeExperiment } from './experiments.js';

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const study = (...path: string[]) => join(folder, 'runs', 'tiny', ...path);

async function startEndless() {
  const file = await writeExperiment(folder, [
    ['steps: 6', 'steps: 100000'],
    ['checkpointEverySteps: 2', 'checkpointEverySteps: 20'],
  ]);
  const run = start(process.execPath, [MMSR_RUN, file], folder);
  await run.seen('step 1/');
  return { run, file };
}

test('a second process on one run directory is refused with who works there', async () => {
  const { run, file } = await startEndless();
  const second = await mmsrRun([file], folder);
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/is worked on by process \d+ on \S+ since .*\[E_RUN_LOCKED\]/);
  run.kill('SIGTERM');
  expect((await run.ended).code).toBe(143);
  expect(await readdir(study())).not.toContain('.main.lock');
});

test('a run directory removed during the run ends it, and is not made again', async () => {
  const { run } = await startEndless();
  await rm(study('main'), { recursive: true, maxRetries: 9 });
  const { code, stderr } = await run.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/runs\/tiny\/main\/.*ENOENT.*\[E_FILE\]/);
  expect((await readdir(study())).sort()).toEqual(['study.json']);
});
