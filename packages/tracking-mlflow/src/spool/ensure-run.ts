import type { MlflowClient, NewRun } from '../client/mlflow-client.js';
import { MlflowError } from '../client/mlflow-error.js';
import type { KnownRun, Ledger } from './ledger.js';
import { ID_TAG } from './run-description.js';

/**
 * The run of this ledger on the server, made where there is none. Made once however often it is called,
 * by however many processes: a run is looked for by its tag before one is made, and where two processes
 * made one, the first in the ledger stays and the other is deleted.
 * @param describe what to make; called only when it is needed
 * @throws MlflowError when the run was deleted on the server
 */
export async function ensureRun(
  client: MlflowClient,
  ledger: Ledger,
  experimentId: string,
  describe: () => Promise<NewRun>,
): Promise<KnownRun> {
  const known = ledger.run(client.address);
  if (known !== undefined) {
    if (await isThere(client, known.runId)) return ledger.useRun(known);
    // Another data base answers at this address.
    await ledger.setGone(known.runId);
  }
  const [found] = await client.findRuns(experimentId, ID_TAG, ledger.id);
  const run = found ?? (await client.createRun(await describe()));
  const { runId, artifactUri } = run;
  const counts = await ledger.useRun({
    server: client.address,
    runId,
    experimentId: run.experimentId,
    artifactUri,
  });
  if (counts.runId !== runId && found === undefined) await client.deleteRun(runId);
  return counts;
}

/**
 * Deletes further runs with the tag of this ledger: a request that was given up may have been carried
 * out later.
 */
export async function deleteDoubles(
  client: MlflowClient,
  ledger: Ledger,
  { runId, experimentId }: KnownRun,
): Promise<void> {
  for (const run of await client.findRuns(experimentId, ID_TAG, ledger.id)) {
    if (run.runId !== runId) await client.deleteRun(run.runId);
  }
}

/** Whether the server has the run. @throws MlflowError when it was deleted there */
export async function isThere(client: MlflowClient, runId: string): Promise<boolean> {
  const run = await client.run(runId);
  if (run?.isDeleted === true) {
    throw new MlflowError(`the run ${runId} was deleted in MLflow`, {
      consequence: 'halt',
      where: client.address,
      advice:
        'Restore it there, or remove the folder .mlflow of the run directory to send it anew.',
    });
  }
  return run !== undefined;
}
