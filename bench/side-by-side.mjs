// Ours and PyTorch side by side: each measurement is a process of its own, the two take turns, and the
// ratios are taken round by round. Writes RESULTS.md. Run it on an idle machine:
//
//   python3 -m venv /tmp/bench-venv && /tmp/bench-venv/bin/pip install --no-deps -r bench/requirements.txt
//   npx mmsr-run install tensorflow
//   MMSR_BENCH_PYTHON=/tmp/bench-venv/bin/python npm run bench [-- --rounds 3] [-- --only edsr]
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, formatMarkdown, median } from './machine.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'RESULTS.md' },
  },
});
const PYTHON = process.env.MMSR_BENCH_PYTHON ?? '';
if (!existsSync(PYTHON)) {
  process.stderr.write(
    'Set MMSR_BENCH_PYTHON to a Python with bench/requirements.txt; see the head of this file.\n',
  );
  process.exit(2);
}
const ROUNDS = Number(options.rounds);
const THREADS = availableParallelism();

/** Steps to measure: fewer where each takes seconds. */
const STEPS = { rcan: 2, edsr: 7, 'swinir-s': 4 };
const MODELS = ['rcan', 'edsr', 'swinir-s'];
const PRECISIONS = ['float32', 'bfloat16'];

const CASES = [
  ...MODELS.flatMap((model) =>
    PRECISIONS.flatMap((precision) =>
      [false, true].map((head) => ({ task: 'train', model, precision, head })),
    ),
  ),
  ...MODELS.flatMap((model) =>
    PRECISIONS.map((precision) => ({ task: 'inference', model, precision, head: false })),
  ),
].filter((entry) => nameOf(entry).includes(options.only));

function nameOf({ task, model, precision, head }) {
  return `${task} ${model} ${precision}${head ? ' with branch' : ''}`;
}

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

function measure(command, file, settings) {
  const text = execFileSync(command, [here(file), JSON.stringify(settings)], {
    encoding: 'utf8',
    maxBuffer: 1e8,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const result = JSON.parse(text.trim().split('\n').at(-1));
  return { ...result, medianS: median(result.stepS) };
}

const variantName = ({ channelsLast, compile }) =>
  [channelsLast ? 'channels last' : 'contiguous', ...(compile ? ['compiled'] : [])].join(', ');

const ours = (settings) => measure(process.execPath, 'our_side.mjs', settings);
const torch = (settings) => measure(PYTHON, 'torch_side.py', settings);

/**
 * PyTorch at its best: channels last or not, and compiled where that ends in minutes. What is best for a
 * model is taken for it with the branch as well.
 */
const bestVariants = new Map();

function bestOfTorch(entry) {
  const { task, model, precision } = entry;
  const key = `${task} ${model} ${precision}`;
  if (!bestVariants.has(key)) bestVariants.set(key, tryVariants(entry));
  return bestVariants.get(key);
}

function tryVariants(entry) {
  const variants = [
    { channelsLast: false, compile: false },
    { channelsLast: true, compile: false },
    ...(entry.task === 'train' && entry.model !== 'rcan'
      ? [{ channelsLast: true, compile: true }]
      : []),
  ];
  const tried = variants.map((variant) => {
    const { medianS } = torch({ ...entry, ...variant, threads: THREADS, warmup: 1, steps: 2 });
    process.stderr.write(`  PyTorch ${variantName(variant)}: ${medianS.toFixed(3)} s\n`);
    return { variant, medianS };
  });
  return tried.sort((a, b) => a.medianS - b.medianS)[0].variant;
}

/** A run that shared the cores with another process says nothing. */
function undisturbed(run, settings) {
  for (let attempt = 1; ; attempt++) {
    const result = run(settings);
    if (result.busyCores > 0.8 * THREADS || attempt === 3) return result;
    process.stderr.write(`  again: only ${result.busyCores.toFixed(1)} cores were busy\n`);
  }
}

function compare(entry) {
  process.stderr.write(`${nameOf(entry)}\n`);
  const variant = bestOfTorch(entry);
  const settings = { ...entry, threads: THREADS, warmup: 1, steps: STEPS[entry.model] };
  const rounds = Array.from({ length: ROUNDS }, () => {
    const theirs = undisturbed(torch, { ...settings, ...variant });
    const own = undisturbed(ours, settings);
    process.stderr.write(`  ${own.medianS.toFixed(3)} s, PyTorch ${theirs.medianS.toFixed(3)} s\n`);
    return { own, theirs };
  });
  const of = (get) => median(rounds.map(get));
  return {
    entry,
    variant,
    versions: { own: rounds[0].own.version, theirs: rounds[0].theirs.version },
    ownS: of(({ own }) => own.medianS),
    theirS: of(({ theirs }) => theirs.medianS),
    ratio: of(({ own, theirs }) => own.medianS / theirs.medianS),
    ratios: rounds.map(({ own, theirs }) => own.medianS / theirs.medianS),
    ownFirstS: of(({ own }) => own.firstStepS),
    theirFirstS: of(({ theirs }) => theirs.firstStepS),
    ownMiB: of(({ own }) => own.peakRssMiB),
    theirMiB: of(({ theirs }) => theirs.peakRssMiB),
    ownImportMiB: of(({ own }) => own.importRssMiB),
    theirImportMiB: of(({ theirs }) => theirs.importRssMiB),
  };
}

/** Kept as they come: half an hour of measurements is not lost to one that fails. */
const results = [];
for (const entry of CASES) {
  results.push(compare(entry));
  writeFileSync(join(tmpdir(), 'mmsr-bench.json'), JSON.stringify(results));
}

const wasm = [
  { task: 'train', model: 'edsr', warmup: 1, steps: 3 },
  { task: 'train', model: 'swinir-s', warmup: 1, steps: 2 },
  { task: 'train', model: 'rcan', warmup: 0, steps: 1 },
  { task: 'inference', model: 'edsr', warmup: 1, steps: 2 },
]
  .filter(({ task, model }) => `${task} ${model}`.includes(options.only))
  .map((entry) => {
    process.stderr.write(`wasm ${entry.task} ${entry.model}\n`);
    try {
      return { entry, result: ours({ ...entry, engine: 'wasm', threads: THREADS }) };
    } catch (error) {
      // WebAssembly has 4 GiB of memory, which is less than some of these need.
      if (!/4 GiB of WebAssembly memory/.test(error.stderr)) throw error;
      return { entry, result: undefined };
    }
  });

const two = (value) => value.toFixed(2);
const three = (value) => value.toFixed(3);
const speed = results.map((r) => [
  nameOf(r.entry),
  three(r.ownS),
  three(r.theirS),
  `**${two(r.ratio)}**`,
  `${two(Math.min(...r.ratios))} to ${two(Math.max(...r.ratios))}`,
  variantName(r.variant),
]);
const costs = results.map((r) => [
  nameOf(r.entry),
  two(r.ownFirstS),
  two(r.theirFirstS),
  two(r.ownFirstS / r.theirFirstS),
  r.ownMiB.toFixed(0),
  r.theirMiB.toFixed(0),
  two(r.ownMiB / r.theirMiB),
  two((r.ownMiB - r.ownImportMiB) / (r.theirMiB - r.theirImportMiB)),
]);
const stepOf = (model, precision, head, side) =>
  results.find(
    ({ entry }) =>
      entry.task === 'train' &&
      entry.model === model &&
      entry.precision === precision &&
      entry.head === head,
  )?.[side];
const heads = MODELS.filter((model) => stepOf(model, 'float32', true, 'ownS') !== undefined).map(
  (model) => {
    const cost = (side) =>
      `${((stepOf(model, 'float32', true, side) / stepOf(model, 'float32', false, side) - 1) * 100).toFixed(1)} %`;
    return [model, cost('ownS'), cost('theirS')];
  },
);
const embedded = wasm.map(({ entry, result }) => {
  const what = `${entry.task} ${entry.model}`;
  if (result === undefined) return [what, 'does not fit into 4 GiB', '-', '-', '-'];
  const native = results.find(
    (r) =>
      r.entry.task === entry.task &&
      r.entry.model === entry.model &&
      r.entry.precision === 'float32' &&
      !r.entry.head,
  );
  return [
    what,
    two(result.medianS),
    native === undefined ? '-' : three(native.ownS),
    native === undefined ? '-' : (result.medianS / native.ownS).toFixed(1),
    result.peakRssMiB.toFixed(0),
  ];
});

const [{ versions }] = results;
const text = `# Side by side with PyTorch

Training steps of batches of 4 patches of 48x48 LR pixels, x2, with Adam; inference of a tile of 256x256. RCAN has
10 groups of 20 blocks and 64 features, EDSR is the baseline, SwinIR-S is the lightweight one. Every
measurement is a process of its own; the two sides take turns, ${ROUNDS} rounds, and ratios are ours divided by
PyTorch's, the median of the rounds'. Below 1 is faster, or smaller.

## Time of a step or a prediction

${formatMarkdown(['what', 'ours, s', 'PyTorch, s', 'ratio', 'of the rounds', 'PyTorch at its best'], speed)}

PyTorch's best is tried in each case: contiguous or channels last, and torch.compile for training steps of EDSR and SwinIR-S.

## First step and memory

First step: from making the model to the end of its first step. Memory: the most that the process had; the last column
leaves out what each had before the model, of which this build of PyTorch, made for CUDA, has much.

${formatMarkdown(
  [
    'what',
    'ours, first s',
    'PyTorch, first s',
    'ratio',
    'ours, MiB',
    'PyTorch, MiB',
    'ratio',
    'of the model alone',
  ],
  costs,
)}

## What the magnification branch costs

Time of a float32 training step with the conv-pool head, above one without.

${formatMarkdown(['backbone', 'ours', 'PyTorch'], heads)}

## The embedded engine

What the default costs where native TensorFlow is not installed: the same work on WebAssembly.

${formatMarkdown(['what', 'wasm, s', 'tensorflow, s', 'times', 'wasm, MiB'], embedded)}

${describeMachine([])}, TensorFlow ${versions.own}, PyTorch ${versions.theirs}, ${THREADS} threads. Made by \`npm run bench\`.
`;
writeFileSync(here(options.out), text);
process.stdout.write(text);
