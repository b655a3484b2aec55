// How fast patches are made, and whether a training step has to wait for them: with each number of
// threads batches are first taken as fast as they come, then by a step of 50 ms that keeps the main thread
// busy, as the embedded engine does. The numbers of threads take turns, and medians are written to
// RESULTS-loading.md.
//
//   node bench/loading.mjs [SLIDE ...]      without slides it draws its own
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dataPlugins, PatchPipeline } from '@mmsr/data';
import { describeMachine, formatMarkdown, median } from './machine.mjs';

const BATCH_SIZE = 16;
const PATCH_PX = 96;
const STEP_MS = 50;
const FAST_BATCHES = 60;
const STEPS = 60;
const ROUNDS = 3;
const THREADS = [0, 1, 2];

const paths = process.argv.slice(2);
const drawn = { name: 'synthetic', count: 4, sizePx: 1024, magnification: 20 };
const look = { glands: 0.45, lymphocytes: 0.3, stainVariation: 0.5, noise: 1.5 };
const source = paths.length > 0 ? { name: 'images', paths } : { ...drawn, ...look };
// The test split is not read here; it is drawn so that no slide is in two splits.
const unread = { ...drawn, ...look, sizePx: 512 };

function experiment(workers) {
  const magnifications = [20, 10, 5];
  const augment = { flip: true, rotate: true };
  return {
    seed: 1,
    scale: 2,
    training: { batchSize: BATCH_SIZE },
    data: {
      train: { source, magnifications, patchPx: PATCH_PX, augment, transforms: [] },
      test: { source: unread, magnifications, patchPx: PATCH_PX, count: null },
      degradation: { name: 'bicubic' },
      transforms: [],
      workers,
      onBadPatch: 'error',
    },
  };
}

const plugins = {
  find: (kind, name) => dataPlugins.find((one) => one.kind === kind && one.name === name),
  origin: () => ({ url: import.meta.resolve('@mmsr/data') }),
};

function busy(durationMs) {
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs);
}

async function measure(workers) {
  const data = await new PatchPipeline(plugins).open(experiment(workers), tmpdir());
  const stream = data.batches(0);
  // Threads start, slides are drawn, code is compiled: all of this once.
  for (let i = 0; i < 20; i++) await stream.next();
  let beganMs = performance.now();
  for (let i = 0; i < FAST_BATCHES; i++) await stream.next();
  const patchesPerSecond = (FAST_BATCHES * BATCH_SIZE * 1000) / (performance.now() - beganMs);
  const waitedBefore = stream.waitedMs;
  beganMs = performance.now();
  for (let i = 0; i < STEPS; i++) {
    await stream.next();
    busy(STEP_MS);
  }
  const waiting = (stream.waitedMs - waitedBefore) / (performance.now() - beganMs);
  await data.close();
  return { patchesPerSecond, waiting };
}

const measured = THREADS.map(() => []);
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, workers] of THREADS.entries()) {
    const result = await measure(workers);
    measured[i].push(result);
    const { patchesPerSecond, waiting } = result;
    console.error(
      `round ${round + 1}, ${workers} threads: ${patchesPerSecond.toFixed(0)} patches/s, ` +
        `a step waits ${(100 * waiting).toFixed(1)} % of the time`,
    );
  }
}

const rows = THREADS.map((workers, i) => [
  String(workers),
  median(measured[i].map(({ patchesPerSecond }) => patchesPerSecond)).toFixed(0),
  `${(100 * median(measured[i].map(({ waiting }) => waiting))).toFixed(1)} %`,
]);
const report = `# Loading

Batches of ${BATCH_SIZE} patches of ${PATCH_PX} px at 20x, 10x and 5x from ${paths.length > 0 ? 'slides' : 'drawn slides'}, turned and flipped, LR of half
the size. Patches per second as fast as they come, and the share of time that a step of ${STEP_MS} ms waits for
its batch (it needs ${(BATCH_SIZE * 1000) / STEP_MS} patches per second). Medians of ${ROUNDS} rounds in turn. Made by \`node bench/loading.mjs\`.

${formatMarkdown(['threads', 'patches/s', 'step waits'], rows)}

${describeMachine(['@mmsr/data'])}
`;
writeFileSync(new URL('RESULTS-loading.md', import.meta.url), report);
console.log(report);
