import { join } from 'node:path';
import type { Study } from '../experiment/study.js';
import { makeFolder, writeDurably } from './durable.js';
import { readJson } from './run-directory.js';

/** study.json beside the cells' run directories: what no single cell knows. */
export interface StudyRecord extends Pick<Study, 'name' | 'description' | 'compare' | 'cellNames'> {
  readonly format: 1;
}

/** Records the study in its folder, RUNS/NAME, which is made where it is missing. */
export async function writeStudyRecord(folder: string, study: Study): Promise<void> {
  const { name, description, compare, cellNames } = study;
  const record: StudyRecord = { format: 1, name, description, compare, cellNames };
  await makeFolder(folder);
  await writeDurably(join(folder, 'study.json'), `${JSON.stringify(record, null, 2)}\n`);
}

/** Undefined where there is none. */
export function readStudyRecord(folder: string): Promise<StudyRecord | undefined> {
  return readJson(join(folder, 'study.json'));
}
