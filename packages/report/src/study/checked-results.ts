import { MmsrError, type CellResults, type StudyRecord } from '@mmsr/core';

/**
 * The results, once they have what statistics and tables read of them: the file may come from anywhere.
 * @throws MmsrError E_RUN_DIRECTORY naming what is missing
 */
export function checkedResults(results: CellResults, where: string): CellResults {
  const fault = faultOf(results);
  if (fault === undefined) return results;
  throw new MmsrError('E_RUN_DIRECTORY', `results.json has ${fault}`, {
    where,
    advice: 'Run the cell again in a new folder.',
  });
}

/** The same of study.json, which an older study does not have. */
export function checkedRecord(
  record: StudyRecord | undefined,
  where: string,
): StudyRecord | undefined {
  if (record === undefined || isStudyRecord(record)) return record;
  throw new MmsrError('E_RUN_DIRECTORY', 'study.json is not that of a study', {
    where,
    advice: 'Run mmsr-run on the experiment file: it writes it anew.',
  });
}

function isStudyRecord(record: unknown): boolean {
  if (!isRecord(record)) return false;
  const { name, description, cellNames, compare } = record;
  const isText = (value: unknown) => typeof value === 'string';
  return (
    isText(name) &&
    isText(description) &&
    Array.isArray(cellNames) &&
    cellNames.every(isText) &&
    (compare === null || (isRecord(compare) && isText(compare.factor) && 'baseline' in compare))
  );
}

function faultOf(results: unknown): string | undefined {
  if (!isRecord(results)) return 'no mapping of results';
  const { seed, scale, parameters, protocol, images, summary, confusion } = results;
  if (typeof seed !== 'number') return 'no seed';
  if (typeof scale !== 'number') return 'no scale';
  if (!isRecord(parameters) || typeof parameters.total !== 'number') return 'no parameters.total';
  if (!isRecord(protocol)) return 'no protocol';
  if (!isRecord(summary)) return 'no summary';
  const hasBicubic = (value: unknown) => isRecord(value) && isRecord(value.bicubic);
  if (!Object.values(summary).every(hasBicubic)) return 'a summary without bicubic';
  if (!Array.isArray(images) || images.length === 0) return 'no images';
  const wrong = images.findIndex((image) => !isImage(image));
  if (wrong >= 0) {
    return `no id, group, magnification or bicubic of image ${wrong + 1}`;
  }
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
