import type { MlflowClient } from '../client/mlflow-client.js';
import { MlflowError } from '../client/mlflow-error.js';
import { sha256 } from '../client/names.js';
import type { KnownRun, Ledger } from './ledger.js';
import { readInside } from './run-files.js';

/** The page that is written after a run or a study, and anew when asked for. */
export const REPORT = 'report.html';

export interface ChangingFileTarget {
  readonly folder: string;
  readonly client: MlflowClient;
  readonly ledger: Ledger;
  readonly run: KnownRun;
  /** Told what can never be sent. */
  readonly onSkip: (message: string) => void;
}

/**
 * Sends a file that may change: one that was sent in this form is not sent again.
 * @returns whether it was sent now
 */
export async function sendIfChanged(target: ChangingFileTarget, path: string): Promise<boolean> {
  const { folder, client, ledger, run, onSkip } = target;
  let digest = '';
  try {
    const bytes = await readInside(folder, path);
    digest = sha256(bytes);
    if (ledger.isSettled(path, digest)) return false;
    await client.putArtifact(run.artifactUri, path, bytes);
    await ledger.setSent(path, digest);
    return true;
  } catch (error) {
    if (!(error instanceof MlflowError) || error.consequence !== 'skip') throw error;
    await ledger.setSkipped(path, error.message, digest);
    onSkip(`${path} is not sent: ${error.describe()}`);
    return false;
  }
}

/** Whether a folder has a report that was not sent in this form. */
export async function hasNewReport(folder: string, ledger: Ledger): Promise<boolean> {
  try {
    return !ledger.isSettled(REPORT, sha256(await readInside(folder, REPORT)));
  } catch (error) {
    // There is none, or it leads out of the folder.
    if (error instanceof MlflowError && error.consequence === 'skip') return false;
    throw error;
  }
}
