import { join } from 'node:path';
import {
  DATA_PIPELINE,
  InputError,
  type Experiment,
  MmsrError,
  ModelFactory,
  type OpenData,
} from '@mmsr/core';
import { writePreviews } from './write-previews.js';
import type { LoadedStudy } from './study.js';

/** What was found about one cell. */
export interface CellCheck {
  readonly cell: string;
  /** Trainable parameters. */
  readonly parameters: number;
  readonly splits: OpenData['splits'];
  /** SHA-256 of the images that colours are normalised to, by path. */
  readonly references: Readonly<Record<string, string>>;
  /** What is doubtful about the data, but no error. */
  readonly warnings: readonly string[];
}

/** What a run of a cell computes from: where it was checked, its images too. */
export function inputsOf(experiment: Experiment, check: CellCheck | undefined) {
  return { experiment, data: check?.splits, references: check?.references };
}

type OpenedData = Pick<CellCheck, 'splits' | 'references' | 'warnings'>;

/**
 * Opens the data and builds the model of every cell; nothing is trained.
 * @param previews folder into which pictures of the data are written, one for each image
 * @param signal ends it between two images
 * @throws InputError with what is wrong in any cell; the reason of the signal
 */
export async function checkStudy(
  study: LoadedStudy,
  previews?: string,
  signal?: AbortSignal,
): Promise<CellCheck[]> {
  const problems = new Map<string, MmsrError>();
  const checks: CellCheck[] = [];
  const opened = new Map<string, OpenedData>();
  for (const { name, experiment } of study.cells) {
    try {
      const parameters = countParameters(study, experiment);
      const key = JSON.stringify([experiment.data, experiment.scale, experiment.seed]);
      const folder = previews && join(previews, name);
      const data = opened.get(key) ?? (await openData(study, experiment, folder, signal));
      opened.set(key, data);
      checks.push({ cell: name, parameters, ...data });
    } catch (error) {
      for (const problem of problemsOf(error)) problems.set(problem.describe(), problem);
    }
  }
  if (problems.size > 0) throw new InputError([...problems.values()]);
  return checks;
}

function countParameters({ container }: LoadedStudy, experiment: Experiment): number {
  const factory = container.resolve(ModelFactory);
  const model = factory.model(experiment);
  factory.objective(experiment, model);
  return model.parameters.count;
}

async function openData(
  study: LoadedStudy,
  experiment: Experiment,
  previews: string | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenedData> {
  const pipeline = study.container.resolve(DATA_PIPELINE);
  const data = await pipeline.open(experiment, study.folder, signal);
  try {
    if (previews !== undefined) await writePreviews(data, previews);
    const { splits, references = {}, warnings = [] } = data;
    return { splits, references, warnings };
  } finally {
    await data.close();
  }
}

/** What is the user's to mend; anything else is a fault of the program and passes on. */
function problemsOf(error: unknown): readonly MmsrError[] {
  if (error instanceof InputError) return error.problems;
  if (error instanceof MmsrError) return [error];
  throw error;
}
