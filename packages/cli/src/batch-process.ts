import { CellProbe, InputError, messageOf, MmsrError, type ProbeReport } from '@mmsr/core';
import { loadStudy } from './study.js';

/*
 * The process that tries one batch of a cell: it tells its parent what it found and ends. It is one of its
 * own, so that its memory is that of a run, and so that the parent lives when the system ends it.
 */

export interface BatchRequest {
  readonly file: string;
  readonly cell: string;
  readonly profile?: string | undefined;
  readonly set: readonly string[];
}

/** A fault as it passes between processes; `code` is absent where it is one of a plugin or of the program. */
export interface BatchProblem extends Partial<Pick<MmsrError, 'code' | 'where' | 'advice'>> {
  readonly message: string;
}

export type BatchAnswer =
  { readonly report: ProbeReport } | { readonly problems: readonly BatchProblem[] };

async function answerTo({ file, cell, profile, set }: BatchRequest): Promise<BatchAnswer> {
  try {
    const study = await loadStudy(file, { profile, set, only: [cell] });
    const [found] = study.cells;
    if (found === undefined) throw new Error(`there is no cell ${cell}`);
    const probe = study.container.createChildContainer().resolve(CellProbe);
    return { report: await probe.probe(found.experiment, study.folder) };
  } catch (error) {
    return { problems: problemsOf(error) };
  }
}

function problemsOf(error: unknown): BatchProblem[] {
  if (error instanceof InputError) return error.problems.flatMap(problemsOf);
  if (!(error instanceof MmsrError)) return [{ message: messageOf(error) }];
  const { code, message, where, advice } = error;
  return [{ code, message, where, advice }];
}

// Whoever asked is gone: so is the reason to go on.
process.once('disconnect', () => process.exit());
process.once('message', (request) => {
  void answerTo(request as BatchRequest).then((answer) =>
    process.send?.(answer, () => process.disconnect()),
  );
});
