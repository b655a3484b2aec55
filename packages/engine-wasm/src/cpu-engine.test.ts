import { ParameterScope, tf } from '@mmsr/core';
import { cpuEngine } from './cpu-engine.js';

test('computes on the cpu backend', async () => {
  const engine = cpuEngine.create({});
  const description = await engine.start();
  expect(description).toMatchObject({ engine: 'cpu', device: 'cpu', threads: 1 });
  expect(description.version).toBe(
    ((await cpuEngine.availability()) as { version: string }).version,
  );
  expect(tf.getBackend()).toBe('cpu');
  const inference = await engine.inference({
    parameters: ParameterScope.root(1),
    forward: (lr) => ({ sr: tf.mul(lr, 2), logits: undefined }),
  });
  const { sr } = await inference.predict(Float32Array.of(1, 2, 3), [1, 1, 1, 3]);
  expect([...sr]).toEqual([2, 4, 6]);
  await engine.stop();
});
