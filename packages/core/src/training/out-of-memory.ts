import type { Batch } from '../contracts/train-step.js';
import { messageOf, MmsrError } from '../errors.js';

/** How JavaScript, TensorFlow and CUDA say that memory could not be had. */
const SIGNS =
  /OOM when allocating|resource.?exhausted|out of memory|failed to allocate|bad_alloc|Array buffer allocation failed|Invalid typed array length: \d{9}|could not allocate memory/i;

const BYTES_PER_VALUE: Readonly<Record<string, number>> = {
  half: 2,
  bfloat16: 2,
  float: 4,
  int32: 4,
  double: 8,
  int64: 8,
  bool: 1,
};

/** What memory is for, and what makes it less. */
export interface MemoryUse {
  /** Such as `step 7, a batch of 16 patches of 96 px`. */
  readonly what: string;
  /** One sentence. */
  readonly advice: string;
}

/**
 * What was asked for, in the words of whoever could not give it, with the bytes of a shape; undefined where
 * the error is another one.
 */
export function failedAllocation(error: unknown): string | undefined {
  if (error instanceof MmsrError) {
    return error.code === 'E_OUT_OF_MEMORY' ? error.message : undefined;
  }
  const line = messageOf(error)
    .split('\n')
    .find((text) => SIGNS.test(text));
  return line === undefined ? undefined : `${line.trim()}${bytesOf(line)}`;
}

/** Such as ` (2.4 GB)`. */
function bytesOf(text: string): string {
  const [, shape, type] = /shape\[([\d,]+)\](?: and type (\w+))?/.exec(text) ?? [];
  const perValue = BYTES_PER_VALUE[type ?? 'float'];
  if (shape === undefined || perValue === undefined) return '';
  const bytes = shape.split(',').reduce((product, side) => product * Number(side), perValue);
  return ` (${(bytes / 1e9).toLocaleString('en', { maximumSignificantDigits: 2 })} GB)`;
}

/**
 * Computes something; where memory runs out, the error says what for and what to lower.
 * @throws MmsrError E_OUT_OF_MEMORY
 */
export async function withinMemory<T>(use: MemoryUse, compute: () => Promise<T>): Promise<T> {
  try {
    return await compute();
  } catch (error) {
    const asked = failedAllocation(error);
    if (asked === undefined) throw error;
    throw new MmsrError('E_OUT_OF_MEMORY', `memory ran out in ${use.what}: ${asked}`, {
      advice: [use.advice, error instanceof MmsrError ? error.advice : undefined].join(' ').trim(),
      cause: error,
    });
  }
}

/** The same error for a run whose checkpoints stay. */
export function resumable(error: unknown): unknown {
  if (!(error instanceof MmsrError) || error.code !== 'E_OUT_OF_MEMORY') return error;
  const advice = `${error.advice ?? ''} The last checkpoint stays: --allow configuration goes on from it with other settings.`;
  return new MmsrError(error.code, error.message, { where: error.where, advice, cause: error });
}

/** Of a training step. */
export function memoryOfStep(step: number, [batch]: readonly Batch[]): MemoryUse {
  const size = batch === undefined ? '' : `, a batch of ${batch.count} patches of ${batch.hrPx} px`;
  return {
    what: `step ${step}${size}`,
    advice:
      'Lower training.batchSize (training.accumulate makes up for it), data.train.patchPx, or the features ' +
      'or blocks of model.backbone.',
  };
}

/** Of the prediction of an image of the test or validation set. */
export function memoryOfImage(id: string, widthPx: number, heightPx: number): MemoryUse {
  return {
    what: `the evaluation of ${id}, ${widthPx} x ${heightPx} px`,
    advice:
      'Lower patchPx of data.test and data.validation, or the features or blocks of model.backbone.',
  };
}
