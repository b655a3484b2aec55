// Our side of the benchmarks: one process, one measurement, as torch_side.py is on the other side.
//
//   node bench/our_side.mjs '{"task": "train", "model": "rcan", "steps": 5}'
//
// The argument is JSON with the keys of DEFAULTS; the last line printed is the result as JSON with the
// keys of torch_side.py: importS is the time until the engine has started.
const DEFAULTS = {
  engine: 'tensorflow', // or wasm
  task: 'train', // or inference
  model: 'rcan', // or edsr, swinir-s
  precision: 'float32', // or bfloat16
  head: false,
  batch: 4,
  lrPx: 48,
  tilePx: 256,
  scale: 2,
  threads: 2,
  warmup: 2,
  steps: 5,
};
const given = JSON.parse(process.argv[2] ?? '{}');
const unknown = Object.keys(given).filter((key) => !(key in DEFAULTS));
if (unknown.length > 0) throw new Error(`unknown keys: ${unknown.join(', ')}`);
const settings = { ...DEFAULTS, ...given };

const began = performance.now();
const seconds = (from) => (performance.now() - from) / 1000;
const rssMiB = () => process.resourceUsage().maxRSS / 1024;

const { builtinLosses, createObjective, evaluationPass, MultiTaskModel } =
  await import('@mmsr/core');
const { convPool } = await import('@mmsr/heads');
const { tensorflowEngine } = await import('@mmsr/engine-tensorflow');
const { wasmEngine } = await import('@mmsr/engine-wasm');

/** In their default sizes: RCAN 10 groups of 20 blocks, EDSR baseline; SwinIR-S. */
const MODELS = {
  rcan: ['rcan', {}],
  edsr: ['edsr', {}],
  'swinir-s': [
    'swinir',
    {
      depths: [6, 6, 6, 6],
      features: 60,
      heads: [6, 6, 6, 6],
      upsampler: 'pixelshuffledirect',
    },
  ],
};
const CLASSES = 3;

function withDefaults({ configSchema }, options = {}) {
  const defaults = Object.entries(configSchema.properties).map(([key, { default: value }]) => [
    key,
    value,
  ]);
  return { ...Object.fromEntries(defaults), ...options };
}

async function makeModel() {
  const [name, options] = MODELS[settings.model];
  const { default: plugin } = await import(`@mmsr/backbone-${name}`);
  return MultiTaskModel.create({
    seed: 1,
    scale: settings.scale,
    classes: CLASSES,
    backbone: { plugin, options: withDefaults(plugin, options) },
    head: settings.head ? { plugin: convPool, options: withDefaults(convPool) } : undefined,
  });
}

function lossOf(name) {
  const plugin = builtinLosses.find((candidate) => candidate.name === name);
  return plugin.create(withDefaults(plugin), { classes: CLASSES });
}

const pixels = (count) => Float32Array.from({ length: count }, () => Math.random());

async function makeTraining(engine, model) {
  const objective = createObjective(
    {
      superResolution: { loss: lossOf('l1'), weight: 1 },
      magnification: settings.head ? { loss: lossOf('cross-entropy'), weight: 0.1 } : undefined,
      weighting: 'fixed',
    },
    model.parameters,
  );
  const step = await engine.trainStep({
    parameters: model.parameters,
    loss: (batch, pass) => objective(model.forward(batch.lr, pass), batch),
    optimizer: {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      decoupledWeightDecay: false,
    },
    learningRate: () => 1e-4,
    clipNorm: null,
    ema: null, // PyTorch's side keeps none
    seed: 1,
  });
  const { batch: count, lrPx, scale } = settings;
  const hrPx = lrPx * scale;
  const batch = {
    count,
    lr: pixels(count * lrPx * lrPx * 3),
    hr: pixels(count * hrPx * hrPx * 3),
    magnification: Int32Array.from({ length: count }, (_, i) => i % CLASSES),
    lrPx,
    hrPx,
  };
  return async () => (await step.run([batch])).total;
}

async function makeInference(engine, model) {
  const inference = await engine.inference({
    parameters: model.parameters,
    forward: (lr) => model.forward(lr, evaluationPass),
  });
  const { tilePx } = settings;
  const tile = pixels(tilePx * tilePx * 3);
  return async () => {
    await inference.predict(tile, [1, tilePx, tilePx, 3]);
    return null;
  };
}

const { threads, precision } = settings;
const engine =
  settings.engine === 'wasm'
    ? wasmEngine.create({ threads })
    : tensorflowEngine.create({ threads, precision });
const { version } = await engine.start();
const importS = seconds(began);
const importRssMiB = rssMiB();

const start = performance.now();
const make = settings.task === 'train' ? makeTraining : makeInference;
const step = await make(engine, await makeModel());
let loss = await step();
const firstStepS = seconds(start);
for (let i = 0; i < settings.warmup; i++) loss = await step();
const stepS = [];
const cpuBegan = process.cpuUsage();
for (let i = 0; i < settings.steps; i++) {
  const stepBegan = performance.now();
  loss = await step();
  stepS.push(seconds(stepBegan));
}
const { user, system } = process.cpuUsage(cpuBegan);
const busyCores = (user + system) / 1e6 / stepS.reduce((sum, time) => sum + time, 0);
const peakRssMiB = rssMiB();
const result = { importS, firstStepS, stepS, busyCores, peakRssMiB, importRssMiB, loss, version };
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
