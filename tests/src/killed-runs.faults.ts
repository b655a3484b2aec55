import { join } from 'node:path';
import { MMSR_RUN, NO_NATIVE_PARTS, start, temporaryFolder } from './command-line.js';
import { THREADS, TINY, writeExperiment } from './experiments.js';
import { endOf, killRuns } from './kill-runs.js';

/** Of each engine; MMSR_KILLS=100 takes half an hour. */
const KILLS = Number(process.env.MMSR_KILLS ?? 10);
const STEPS = 60;

const validation = TINY.slice(TINY.indexOf('  test:'), TINY.indexOf('model:')).replace(
  'test',
  'validation',
);

test.each([
  ['wasm', NO_NATIVE_PARTS],
  ['tensorflow', { MMSR_CACHE: process.env.MMSR_CACHE }],
])(
  `killed at ${KILLS} random moments, a run on %s ends as an unbroken one, bit for bit`,
  async (engine, environment) => {
    const { path: folder, remove } = await temporaryFolder();
    try {
      const file = await writeExperiment(folder, [
      THREADS,
      ['model:', `${validation}model:`],
      ['steps: 6', `steps: ${STEPS}, validateEverySteps: 15, keep: 1, keepBest: {metric: psnr}`],
      ['checkpointEverySteps: 2, logEverySteps: 1', 'checkpointEverySteps: 5, logEverySteps: 3'],
      ['engine: wasm', `engine: {name: ${engine}, threads: 2}`],
    ]); // prettier-ignore
      const began = performance.now();
      const args = [MMSR_RUN, file, '--out', 'whole'];
      const running = start(process.execPath, args, folder, environment);
      await running.seen(': step ');
      const startMs = performance.now() - began;
      const whole = await running.ended;
      expect({ code: whole.code, stderr: whole.code === 0 ? '' : whole.stderr }).toEqual({
        code: 0,
        stderr: '',
      });
      const wholeMs = performance.now() - began;
      const expected = await endOf(join(folder, 'whole'), STEPS);
      expect(Object.keys(expected.metrics).length).toBeGreaterThan(100);
      const options = { folder, file, kills: KILLS, wholeMs, startMs, environment };
      const { folders, atSteps } = await killRuns(options);
      expect(folders.length).toBeGreaterThan(0);
      expect(atSteps).toBeGreaterThanOrEqual(KILLS / 2);
      for (const out of folders) expect(await endOf(out, STEPS)).toEqual(expected);
      const text = `${KILLS} kills, ${atSteps} of them at its steps, of ${folders.length} runs`;
      process.stdout.write(`${engine}: ${text}, each ended the same\n`);
    } finally {
      await remove();
    }
  },
  Math.max(900_000, 60_000 + KILLS * 30_000),
);
