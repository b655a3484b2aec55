import { MmsrError } from '../errors.js';
import type { Manifest } from './manifest.js';
import type { CellResults } from './results.js';
import type { Seal } from './seal.js';

// The files of a run directory may come from anyone. Each is checked for what is read of it without another look.

/** @throws MmsrError E_RUN_DIRECTORY naming what manifest.json lacks. @param where its path */
export function checkedManifest(manifest: unknown, where: string): Manifest {
  return checked('manifest.json', manifest, manifestFault, where);
}

/** @throws MmsrError E_RUN_DIRECTORY naming what seal.json lacks. @param where its path */
export function checkedSeal(seal: unknown, where: string): Seal {
  return checked('seal.json', seal, sealFault, where);
}

/** @throws MmsrError E_RUN_DIRECTORY naming what results.json lacks. @param where its path */
export function checkedResults(results: unknown, where: string): CellResults {
  return checked('results.json', results, resultsFault, where);
}

function checked<T>(
  name: string,
  content: unknown,
  faultOf: (content: Fields) => string | undefined,
  where: string,
): T {
  const fault = isRecord(content) ? faultOf(content) : 'no mapping of keys';
  if (fault === undefined) return content as T;
  throw new MmsrError('E_RUN_DIRECTORY', `${name} has ${fault}`, {
    where,
    advice: 'Put the file back from a copy, or move the run directory away and run the cell again.',
  });
}

function manifestFault({ cell, experiment, device, versions, plugins, data }: Fields) {
  if (typeof cell !== 'string') return 'no cell';
  if (!isRecord(experiment)) return 'no experiment';
  if (!isRecord(experiment.data)) return 'no experiment.data';
  if (!isRecord(experiment.engine)) return 'no experiment.engine';
  if (!isRecord(device) || typeof device.engine !== 'string') return 'no device.engine';
  if (!isRecord(versions)) return 'no versions';
  if (!Array.isArray(plugins) || !plugins.every(isRecord)) return 'no plugins';
  if (!isRecord(data)) return 'no data';
  return Object.values(data).every(isSplit) ? undefined : 'no images of a split of data';
}

function isSplit(split: unknown): boolean {
  return isRecord(split) && Array.isArray(split.images) && split.images.every(isRecord);
}

function sealFault({ format, results, manifest, checkpoint, best }: Fields) {
  if (format !== 1) return 'another format than 1';
  if (typeof results !== 'string') return 'no digest of results.json';
  if (typeof manifest !== 'string') return 'no digest of manifest.json';
  if (!isSealedCheckpoint(checkpoint)) return 'no step and digests of the last checkpoint';
  const isBest = best === undefined || isSealedCheckpoint(best);
  return isBest ? undefined : 'no step and digests of the best checkpoint';
}

function isSealedCheckpoint(value: unknown): boolean {
  return isRecord(value) && Number.isSafeInteger(value.step) && isRecord(value.sha256);
}

function resultsFault({ seed, scale, parameters, protocol, images, summary, confusion }: Fields) {
  if (typeof seed !== 'number') return 'no seed';
  if (typeof scale !== 'number') return 'no scale';
  if (!isRecord(parameters) || typeof parameters.total !== 'number') return 'no parameters.total';
  if (!isRecord(protocol)) return 'no protocol';
  if (!isRecord(summary)) return 'no summary';
  const hasBicubic = (value: unknown) => isRecord(value) && isRecord(value.bicubic);
  if (!Object.values(summary).every(hasBicubic)) return 'a summary without bicubic';
  if (!Array.isArray(images) || images.length === 0) return 'no images';
  const wrong = images.findIndex((image) => !isImage(image));
  if (wrong >= 0) return `no id, group, magnification or bicubic of image ${wrong + 1}`;
  return confusion === null || isConfusion(confusion) ? undefined : 'a malformed confusion';
}

function isImage(image: unknown): boolean {
  return (
    isRecord(image) &&
    typeof image.id === 'string' &&
    typeof image.group === 'string' &&
    typeof image.magnification === 'number' &&
    isRecord(image.bicubic)
  );
}

function isConfusion(confusion: unknown): boolean {
  if (!isRecord(confusion)) return false;
  const { actual, predicted, counts } = confusion;
  const numbers = (values: unknown): values is number[] =>
    Array.isArray(values) && values.every((value) => typeof value === 'number');
  return (
    numbers(actual) &&
    numbers(predicted) &&
    Array.isArray(counts) &&
    counts.length === actual.length &&
    counts.every((row) => numbers(row) && row.length === predicted.length)
  );
}

type Fields = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
