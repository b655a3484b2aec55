import { MmsrError, type StudyRecord } from '@mmsr/core';

/**
 * The record of a study, once it has what is read of it: study.json may come from anywhere, and an older study
 * has none.
 * @throws MmsrError E_RUN_DIRECTORY when it is not one
 */
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
