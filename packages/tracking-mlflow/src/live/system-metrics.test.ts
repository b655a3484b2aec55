import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SystemSample } from '../spool/run-sender.js';
import { MadeStudy } from '../testing/made-run.js';
import { readGpus, SystemMetrics } from './system-metrics.js';

test('samples are appended, behind those of an earlier process', async () => {
  const study = await MadeStudy.create();
  const directory = await study.begin('a');
  await study.system('a', 2);
  const metrics = new SystemMetrics(directory, () => undefined);
  await metrics.start(3600000);
  await metrics.sample();
  await metrics.sample();
  metrics.stop();
  const text = await readFile(join(directory, '.mlflow', 'system.jsonl'), 'utf8');
  const samples = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SystemSample);
  expect(samples.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
  const { values } = samples[3] as SystemSample;
  expect(values['system/system_memory_usage_percentage']).toBeGreaterThan(0);
  expect(values['system/system_memory_usage_percentage']).toBeLessThan(100);
  await study.remove();
});

test('what nvidia-smi says, under MLflow’s names', () => {
  const values = readGpus('0, 75, 1000, 4000, 120.5\n1, 0, 0, 4000, [N/A]\n');
  expect(values).toMatchObject({
    'system/gpu_0_utilization_percentage': 75,
    'system/gpu_0_memory_usage_megabytes': 1048.576,
    'system/gpu_0_memory_usage_percentage': 25,
    'system/gpu_0_power_usage_watts': 120.5,
    'system/gpu_1_utilization_percentage': 0,
  });
  expect(values).not.toHaveProperty(['system/gpu_1_power_usage_watts']);
});
