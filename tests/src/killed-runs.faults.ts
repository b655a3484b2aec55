import { join } from 'node:path';
import { mmsrRun, NO_NATIVE_PARTS, temporaryFolder } from './command-line.js';
import { TINY, writeExperiment } from './experiments.js';
import { endOf, killRuns } from './kill-runs.js';

/** Of each engine; 100 by MMSR_KILLS=100. */
const KILLS = Number(process.env.MMSR_KILLS ?? 15);
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
      ['model:', `${validation}model:`],
      ['steps: 6', `steps: ${STEPS}, validateEverySteps: 15`],
      ['checkpointEverySteps: 2, logEverySteps: 1', 'checkpointEverySteps: 5, logEverySteps: 3'],
      ['engine: wasm', `engine: {name: ${engine}, threads: 2}`],
    ]); // prettier-ignore
      const began = performance.now();
      const whole = await mmsrRun([file, '--out', 'whole'], folder, environment);
      expect({ code: whole.code, stderr: whole.code === 0 ? '' : whole.stderr }).toEqual({
        code: 0,
        stderr: '',
      });
      const wholeMs = performance.now() - began;
      const expected = await endOf(join(folder, 'whole'), STEPS);
      expect(Object.keys(expected.metrics).length).toBeGreaterThan(100);
      const ended = await killRuns({ folder, file, kills: KILLS, wholeMs, environment });
      for (const out of ended) expect(await endOf(out, STEPS)).toEqual(expected);
      process.stdout.write(
        `${engine}: ${KILLS} kills in ${ended.length} runs, each ended the same\n`,
      );
    } finally {
      await remove();
    }
  },
);
