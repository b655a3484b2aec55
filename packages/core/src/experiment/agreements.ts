import { MmsrError } from '../errors.js';
import { SSIM_WINDOW_PX } from '../evaluation/ssim.js';
import type { JsonObject } from './json.js';
import { formatKeyPath, valueAt, type KeyPath } from './key-path.js';
import type { Positions } from './positions.js';

/*
 * What keys of different places must agree in, which no schema says.
 */

/** HR patches must shrink to whole LR pixels. */
export function patchProblems(data: JsonObject, positions: Positions): MmsrError[] {
  const { scale } = data;
  if (typeof scale !== 'number') return [];
  return ['train', 'validation', 'test'].flatMap((split) => {
    const path: KeyPath = ['data', split, 'patchPx'];
    const patchPx = valueAt(data, path);
    if (typeof patchPx !== 'number' || patchPx % scale === 0) return [];
    const message = `${formatKeyPath(path)}: expected a multiple of the scale ${scale}; found ${patchPx}`;
    return [new MmsrError('E_EXPERIMENT', message, { where: positions.ofValue(path) })];
  });
}

/** Of an evaluated patch something must be left within the border: a pixel, or a window of SSIM. */
export function borderProblems(data: JsonObject, positions: Positions): MmsrError[] {
  const border = valueAt(data, ['evaluation', 'cropPx']) ?? 'scale';
  const cropPx = border === 'scale' ? data.scale : border;
  if (typeof cropPx !== 'number') return [];
  const metrics = valueAt(data, ['evaluation', 'metrics']);
  const needsWindow = !Array.isArray(metrics) || metrics.includes('ssim');
  const leastPx = 2 * cropPx + (needsWindow ? SSIM_WINDOW_PX : 1);
  return ['validation', 'test'].flatMap((split) => {
    const path: KeyPath = ['data', split, 'patchPx'];
    const patchPx = valueAt(data, path);
    if (typeof patchPx !== 'number' || patchPx >= leastPx) return [];
    const what = needsWindow ? `the ${SSIM_WINDOW_PX} px window of SSIM fits` : 'a pixel is left';
    const message = `${formatKeyPath(path)}: ${what} within the border of ${cropPx} px from ${leastPx} px on; found ${patchPx}`;
    const advice = 'Take larger patches, or lower evaluation.cropPx.';
    return [new MmsrError('E_EXPERIMENT', message, { where: positions.ofValue(path), advice })];
  });
}

/** A best checkpoint is one of a validation that measures the metric. */
export function keepBestProblems(data: JsonObject, positions: Positions): MmsrError[] {
  const path: KeyPath = ['training', 'keepBest'];
  const metric = valueAt(data, [...path, 'metric']);
  if (typeof metric !== 'string') return [];
  const problem = (message: string, advice: string) =>
    new MmsrError('E_EXPERIMENT', `${formatKeyPath(path)}: ${message}`, {
      where: positions.ofValue(path),
      advice,
    });
  const metrics = valueAt(data, ['evaluation', 'metrics']);
  const isMeasured =
    metric === 'accuracy'
      ? valueAt(data, ['model', 'head']) !== null
      : !Array.isArray(metrics) || metrics.includes(metric);
  return [
    ...(valueAt(data, ['data', 'validation']) === undefined
      ? [problem('nothing is validated', 'Add data.validation, or leave training.keepBest out.')]
      : []),
    ...(isMeasured
      ? []
      : [
          metric === 'accuracy'
            ? problem('there is no accuracy without a head', 'Set model.head, or another metric.')
            : problem(`${metric} is not measured`, 'Add it to evaluation.metrics.'),
        ]),
  ];
}
