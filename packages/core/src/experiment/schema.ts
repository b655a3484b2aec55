import { Type, type Static, type TSchema } from 'typebox';

/**
 * The experiment file. Every key but name, scale, data and model has a default. Where a plugin is named
 * (`Named`), the schema of the plugin that the file names takes its place before validation, see
 * plugin-slots.ts.
 */
const closed = { additionalProperties: false } as const;

/** A place for a plugin: its name, and its own options beside it. */
function Named<Extra extends Record<string, TSchema>>(extra: Extra) {
  return Type.Object({ name: Type.String(), ...extra });
}

const Magnifications = Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
  minItems: 1,
  uniqueItems: true,
  description: 'Objective powers; lower ones than an image has are shrunk from it.',
});

const PatchPx = Type.Integer({ minimum: 8, description: 'Side of the HR patch in pixels.' });

/** Whether a list of transforms names one is told by its `name`; none of the options has a default. */
const StainNormalize = Type.Object(
  {
    name: Type.Literal('stain-normalize'),
    method: Type.Union([
      Type.Literal('macenko'),
      Type.Literal('vahadane'),
      Type.Literal('reinhard'),
    ]),
    reference: Type.String({ minLength: 1, description: 'An image that is stained as wanted.' }),
  },
  closed,
);

const StainJitter = Type.Object(
  {
    name: Type.Literal('stain-jitter'),
    method: Type.Union([
      Type.Literal('hed'),
      Type.Literal('macenko'),
      Type.Literal('vahadane'),
      Type.Literal('reinhard'),
    ]),
    sigma: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'How much the amount of each stain is multiplied and shifted by, at most.',
    }),
  },
  closed,
);

const Fraction = Type.Optional(
  Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    description:
      'Part of the slides or patients of the source; splits with a fraction of the same source share it.',
  }),
);

const TrainData = Type.Object(
  {
    source: Named({}),
    fraction: Fraction,
    magnifications: Magnifications,
    patchPx: Type.Integer({
      minimum: 8,
      default: 96,
      description: 'Side of the HR patch in pixels.',
    }),
    augment: Type.Object(
      {
        flip: Type.Boolean({
          default: true,
          description: 'Mirror left to right, half of the time.',
        }),
        rotate: Type.Boolean({ default: true, description: 'Turn by 0, 90, 180 or 270 degrees.' }),
      },
      { ...closed, default: {} },
    ),
    transforms: Type.Array(Type.Union([StainNormalize, StainJitter]), {
      default: [],
      description: 'What is done to the colours of training patches, in this order.',
    }),
  },
  closed,
);

const EvaluationData = Type.Object(
  {
    source: Named({}),
    fraction: Fraction,
    magnifications: Magnifications,
    patchPx: PatchPx,
    count: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      default: null,
      description:
        'Patches per magnification, spread over the images; null: all that fit side by side.',
    }),
  },
  closed,
);

const Data = Type.Object(
  {
    train: TrainData,
    validation: Type.Optional(EvaluationData),
    test: EvaluationData,
    degradation: Type.Object({ name: Type.String() }, { default: { name: 'bicubic' } }),
    transforms: Type.Array(StainNormalize, {
      default: [],
      description: 'What is done to the colours of patches of every split, before all else.',
    }),
    splitSeed: Type.Integer({
      minimum: 0,
      default: 1,
      description: 'Which slides or patients a `fraction` takes; the same in every run of a study.',
    }),
    disjointRegions: Type.Boolean({
      default: false,
      description:
        'Whether regions of one slide may be in several splits where they do not overlap.',
    }),
    strict: Type.Boolean({
      default: false,
      description: 'Whether contradictions of magnifications and microns per pixel are errors.',
    }),
    workers: Type.Integer({
      minimum: 0,
      default: 1,
      description: 'Threads that make patches; 0: none.',
    }),
    onBadPatch: Type.Union([Type.Literal('error'), Type.Literal('skip')], {
      default: 'error',
      description:
        'When a training patch cannot be read: end the run, or take another one and count it; ' +
        'above 1 in 100 patches, and more than ten, the run ends all the same.',
    }),
  },
  closed,
);

const Model = Type.Object(
  {
    backbone: Named({}),
    head: Type.Union(
      [
        Named({
          attach: Type.Optional(
            Type.String({ description: 'A tap of the backbone; by default its last features.' }),
          ),
        }),
        Type.Null(),
      ],
      { default: null, description: 'The magnification branch; null: none.' },
    ),
  },
  closed,
);

const Weight = Type.Number({ minimum: 0, default: 1, description: 'Factor in the sum of losses.' });

const Objective = Type.Object(
  {
    superResolution: Type.Object(
      { name: Type.String(), weight: Weight },
      { default: { name: 'l1' } },
    ),
    magnification: Type.Object(
      { name: Type.String(), weight: { ...Weight, default: 0.1 } },
      { default: { name: 'cross-entropy' } },
    ),
    weighting: Type.Union([Type.Literal('fixed'), Type.Literal('uncertainty')], {
      default: 'fixed',
      description: 'fixed: the weights above; uncertainty: learned, after Kendall et al. 2018.',
    }),
  },
  { ...closed, default: {} },
);

const adam = {
  learningRate: Type.Number({ exclusiveMinimum: 0, default: 2e-4 }),
  beta1: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.9 }),
  beta2: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.999 }),
  epsilon: Type.Number({ exclusiveMinimum: 0, default: 1e-8 }),
};

/** By name, what else `optimizer` takes. adam's decay is part of the gradient, adamw's is decoupled. */
export const OPTIMIZERS = {
  adam: Type.Object({ ...adam, weightDecay: Type.Number({ minimum: 0, default: 0 }) }, closed),
  adamw: Type.Object({ ...adam, weightDecay: Type.Number({ minimum: 0, default: 0.01 }) }, closed),
} as const;

const warmupSteps = Type.Integer({
  minimum: 0,
  default: 0,
  description: 'Steps over which the learning rate rises linearly to its value.',
});

/** By name, what else `schedule` takes. */
export const SCHEDULES = {
  constant: Type.Object({ warmupSteps }, closed),
  multistep: Type.Object(
    {
      milestones: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, uniqueItems: true }),
      gamma: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.5 }),
      warmupSteps,
    },
    closed,
  ),
  cosine: Type.Object(
    { minimumFactor: Type.Number({ minimum: 0, maximum: 1, default: 0 }), warmupSteps },
    closed,
  ),
} as const;

const Training = Type.Object(
  {
    steps: Type.Integer({ minimum: 1, default: 20000 }),
    batchSize: Type.Integer({ minimum: 1, default: 16 }),
    accumulate: Type.Integer({
      minimum: 1,
      default: 1,
      description: 'Batches whose gradients make one step.',
    }),
    clipNorm: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
      default: null,
      description: 'Largest global norm of the gradient.',
    }),
    ema: Type.Union([Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }), Type.Null()], {
      default: 0.999,
      description: 'Decay of the average of the weights, which is what is evaluated; null: none.',
    }),
    validateEverySteps: Type.Integer({ minimum: 1, default: 1000 }),
    checkpointEverySteps: Type.Integer({ minimum: 1, default: 1000 }),
    logEverySteps: Type.Integer({
      minimum: 1,
      default: 10,
      description: 'Steps over which losses are averaged for events.jsonl.',
    }),
    diagnoseEverySteps: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      default: null,
      description:
        'Steps from one measurement of the gradients of each task on the shared parameters to the next; ' +
        'null: never, at no cost.',
    }),
    nonFinite: Type.Object(
      {
        policy: Type.Union(
          [Type.Literal('error'), Type.Literal('skip'), Type.Literal('rollback')],
          {
            default: 'error',
            description:
              'When a loss or gradient is NaN or infinite. error: the run fails; skip: the step updates ' +
              'nothing; rollback: back to the newest checkpoint, with a lower learning rate.',
          },
        ),
        limit: Type.Integer({
          minimum: 1,
          default: 10,
          description: 'How often in a run before it fails all the same.',
        }),
        learningRateFactor: Type.Number({
          exclusiveMinimum: 0,
          exclusiveMaximum: 1,
          default: 0.5,
          description: 'By what each rollback multiplies the learning rate.',
        }),
      },
      { ...closed, default: {} },
    ),
    keep: Type.Integer({
      minimum: 1,
      default: 3,
      description: 'Checkpoints kept, the newest ones.',
    }),
    keepBest: Type.Union(
      [
        Type.Object(
          {
            metric: Type.Union(
              [Type.Literal('psnr'), Type.Literal('ssim'), Type.Literal('accuracy')],
              { description: 'Mean over the validation images; accuracy is that of the branch.' },
            ),
            count: Type.Optional(
              Type.Integer({ minimum: 1, description: 'How many are kept; one when not set.' }),
            ),
          },
          closed,
        ),
        Type.Null(),
      ],
      {
        default: null,
        description:
          'Checkpoints kept besides the newest: those that were best in validation, each of which then ' +
          'leaves one. null: none.',
      },
    ),
  },
  { ...closed, default: {} },
);

const Evaluation = Type.Object(
  {
    metrics: Type.Array(Type.Union([Type.Literal('psnr'), Type.Literal('ssim')]), {
      minItems: 1,
      uniqueItems: true,
      default: ['psnr', 'ssim'],
      description: 'The first is the primary one of the statistics.',
    }),
    color: Type.Union([Type.Literal('rgb'), Type.Literal('y')], { default: 'rgb' }),
    cropPx: Type.Union([Type.Literal('scale'), Type.Integer({ minimum: 0 })], {
      default: 'scale',
      description: 'Border left out of the metrics, in HR pixels.',
    }),
    rounding: Type.Union([Type.Literal('uint8'), Type.Literal('float')], { default: 'uint8' }),
    images: Type.Integer({
      minimum: 0,
      default: 2,
      description:
        'Pictures kept per magnification, besides the best, the median and the worst; 0: none at all.',
    }),
  },
  { ...closed, default: {} },
);

/** The experiment of one cell: no matrix, every default filled in once validated. */
export const ExperimentSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', maxLength: 100 }),
    description: Type.String({ default: '' }),
    seed: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 1 }),
    engine: Type.Union([Type.String(), Named({})], { default: 'auto' }),
    scale: Type.Union([Type.Literal(2), Type.Literal(3), Type.Literal(4), Type.Literal(8)]),
    plugins: Type.Array(Type.String(), { uniqueItems: true, default: [] }),
    data: Data,
    model: Model,
    objective: Objective,
    optimizer: Type.Object({ name: Type.String() }, { default: { name: 'adam' } }),
    schedule: Type.Object({ name: Type.String() }, { default: { name: 'constant' } }),
    training: Training,
    evaluation: Evaluation,
    tracking: Type.Union([Named({}), Type.Null()], {
      default: null,
      description: 'Where the run is shown; null: nowhere.',
    }),
  },
  closed,
);

/** One cell's experiment, validated, every default filled in. */
export type Experiment = Omit<
  Static<typeof ExperimentSchema>,
  'optimizer' | 'schedule' | 'engine' | 'tracking'
> & {
  readonly engine: PluginReference;
  readonly optimizer: OptimizerOptions;
  readonly schedule: ScheduleOptions;
  readonly tracking: PluginReference | null;
};

/** Which checkpoints are kept for their validation. */
export type KeepBest = NonNullable<Experiment['training']['keepBest']>;

/** A plugin's name and its options. */
export type PluginReference = { readonly name: string } & Readonly<Record<string, unknown>>;

export type OptimizerOptions = { readonly name: keyof typeof OPTIMIZERS } & Static<
  typeof OPTIMIZERS.adam
>;

export type ScheduleOptions =
  | ({ readonly name: 'constant' } & Static<typeof SCHEDULES.constant>)
  | ({ readonly name: 'multistep' } & Static<typeof SCHEDULES.multistep>)
  | ({ readonly name: 'cosine' } & Static<typeof SCHEDULES.cosine>);
