import { isAbsolute, resolve } from 'node:path';
import { type Experiment, messageOf, MmsrError, type RgbImage } from '@mmsr/core';
import { decodeRgb, inspectImage } from '../images/decode-rgb.js';
import { digestOf } from '../images/digest.js';
import { type StainTransform, targetOf, type TransformOptions } from './transforms.js';

/** Stains are found in all of a reference, so it is a field of view and not a slide. */
const LARGEST_REFERENCE_PX = 4096 * 4096;

/** The transforms of an experiment, references read. */
export interface OpenTransforms {
  /** Of training patches: those of every split, then those of training alone. */
  readonly training: readonly StainTransform[];
  readonly evaluation: readonly StainTransform[];
  /** SHA-256 of each reference, by its path as the experiment has it. */
  readonly references: Readonly<Record<string, string>>;
  readonly problems: readonly MmsrError[];
}

/** @param folder what the references' paths start from */
export async function openTransforms(
  { data }: Experiment,
  folder: string,
): Promise<OpenTransforms> {
  const problems: MmsrError[] = [];
  const references: Record<string, string> = {};
  const open = async (options: readonly TransformOptions[]): Promise<StainTransform[]> => {
    const transforms: StainTransform[] = [];
    for (const one of options) {
      try {
        transforms.push(await openTransform(one, folder, references));
      } catch (error) {
        problems.push(problemOf(error, one));
      }
    }
    return transforms;
  };
  const evaluation = await open(data.transforms);
  const training = [...evaluation, ...(await open(data.train.transforms))];
  return { training, evaluation, references, problems };
}

async function openTransform(
  options: TransformOptions,
  folder: string,
  references: Record<string, string>,
): Promise<StainTransform> {
  if (options.name === 'stain-jitter') return options;
  const { name, method, reference } = options;
  const path = isAbsolute(reference) ? reference : resolve(folder, reference);
  references[reference] = await digestOf(path);
  const target = targetOf(await readReference(path, reference), method);
  if (target !== undefined) return { name, target };
  throw new MmsrError('E_DATA', 'has too little tissue, or tissue of one colour', {
    where: reference,
    advice: 'Take a field of view full of tissue in both stains as the reference.',
  });
}

async function readReference(path: string, where: string): Promise<RgbImage> {
  const { width, height, format } = await inspectImage(path, where);
  if (width * height <= LARGEST_REFERENCE_PX) {
    return decodeRgb(path, { x: 0, y: 0, width, height }, where, format === 'tiff');
  }
  throw new MmsrError('E_IMAGE', `has ${width}x${height} pixels, too many for a reference`, {
    where,
    advice: `Cut out a field of view of at most ${LARGEST_REFERENCE_PX} pixels.`,
  });
}

function problemOf(error: unknown, options: TransformOptions): MmsrError {
  if (error instanceof MmsrError) return error;
  const where = options.name === 'stain-normalize' ? options.reference : undefined;
  return new MmsrError('E_FILE', `the reference cannot be read: ${messageOf(error)}`, {
    where,
    advice: 'Its path is relative to the experiment file.',
    cause: error,
  });
}
