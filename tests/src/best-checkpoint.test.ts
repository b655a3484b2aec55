import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellResults, RunEvent } from '@mmsr/core';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { TINY, writeExperiment } from './experiments.js';

const validation = TINY.slice(TINY.indexOf('  test:'), TINY.indexOf('model:')).replace(
  'test',
  'validation',
);

test('the checkpoint that was best in validation is kept, named and verified', async () => {
  const { path: folder, remove } = await temporaryFolder();
  try {
    const file = await writeExperiment(folder, [
      ['model:', `${validation}model:`],
      // So large a learning rate makes it worse with every step.
      ['learningRate: 1.0e-3', 'learningRate: 1.0e-1'],
      [
        'steps: 6, batchSize: 4, checkpointEverySteps: 2',
        'steps: 5, batchSize: 4, validateEverySteps: 1, checkpointEverySteps: 5, keep: 1, keepBest: {metric: psnr}, ema: null',
      ],
    ]);
    const { code, stdout } = await mmsrRun([file], folder);
    expect(code).toBe(0);
    const cell = join(folder, 'runs', 'tiny', 'main');
    const events = (await readFile(join(cell, 'events.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent);
    const validated = events.flatMap((event) => {
      const value = event.type === 'metrics' ? event.values['validation.psnrDb'] : undefined;
      return value === undefined ? [] : [{ step: event.step, value }];
    });
    expect(validated.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    const [best] = [...validated].sort((a, b) => b.value - a.value);
    expect(best?.step).toBeLessThan(5);
    const results = JSON.parse(await readFile(join(cell, 'results.json'), 'utf8')) as CellResults;
    expect(results.bestCheckpoint).toEqual({ metric: 'psnr', ...best });
    const kept = [String(best?.step), '5'];
    expect(await readdir(join(cell, 'checkpoints'))).toEqual(kept);
    expect(stdout).toContain(`main, best in validation: checkpoints/${best?.step} (psnr `);

    await rm(join(cell, 'checkpoints', String(best?.step)), { recursive: true });
    const verified = await mmsrRun(['verify', cell], folder);
    expect(verified.code).toBe(1);
    expect(verified.stdout + verified.stderr).toMatch(
      new RegExp(`checkpoint ${best?.step}.*missing`),
    );
  } finally {
    await remove();
  }
});
