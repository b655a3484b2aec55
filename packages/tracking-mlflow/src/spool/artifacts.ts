import { basename, dirname } from 'node:path/posix';
import type { CellResults, Manifest, RunEvent } from '@mmsr/core';
import type { LoggedModel, MlflowClient } from '../client/mlflow-client.js';
import { MlflowError } from '../client/mlflow-error.js';
import { keyOf, uuidOf, valueOf } from '../client/names.js';
import { LONGEST_PARAM } from '../client/wire-values.js';
import type { KnownRun } from './ledger.js';
import { ID_TAG, tag } from './run-description.js';
import { readInside } from './run-files.js';

export interface ArtifactTarget {
  readonly client: MlflowClient;
  readonly run: KnownRun;
  readonly directory: string;
  /** Id of the run directory. */
  readonly id: string;
  /** Writes a file under an artifact URI, once. */
  readonly put: (artifactUri: string, path: string, bytes: Uint8Array) => Promise<void>;
}

/** File systems take names of 255 bytes, of which the rest of a picture's name needs 110. */
const LONGEST_PICTURE = 120;

const PANELS = ['lr', 'bicubic', 'sr', 'hr'] as const;

/**
 * Sends the four panels of a picture for the image grid of MLflow's page, which finds them by their
 * names, and the panels side by side as `pictures/NAME.png`.
 */
export async function sendPicture(
  { client, run, directory, id, put }: ArtifactTarget,
  event: RunEvent & { readonly type: 'image' },
): Promise<void> {
  const folder = basename(event.path, '.png');
  const name = keyOf(folder, LONGEST_PICTURE);
  for (const panel of PANELS) {
    const bytes = await readInside(directory, `${dirname(event.path)}/${folder}/${panel}.png`);
    // One section of the page, short titles, and the same ones for every run that is compared.
    const stem = gridName(`test images/${name} ${panel}`, event, id);
    await put(run.artifactUri, `images/${stem}.png`, bytes);
    // The grid shows this one while it is small; our panels are small already.
    await put(run.artifactUri, `images/${stem}+compressed.png`, bytes);
  }
  const sheet = await readInside(directory, event.path);
  await put(run.artifactUri, `pictures/${name}.png`, sheet);
  await client.logBatch(run.runId, { tags: [{ key: 'mlflow.loggedImages', value: 'True' }] });
}

/** A name that is the same whenever the same picture is sent, so that it is only written over. */
function gridName(key: string, { step, time }: RunEvent, id: string): string {
  const uuid = uuidOf(`${id} ${key} ${step}`);
  return `${key.replaceAll('/', '~')}+step+${step}+timestamp+${time}+${uuid}`;
}

/** Sends the weights of a run that is done as a logged model, found again by the id of its run. */
export async function sendModel(target: ArtifactTarget, manifest: Manifest, results: CellResults) {
  const { client, run, directory, id, put } = target;
  const folder = `checkpoints/${results.steps}`;
  const files = new Map<string, Buffer>();
  for (const name of weightFiles(results)) {
    files.set(name, await readInside(directory, `${folder}/${name}`));
  }
  files.set('manifest.json', await readInside(directory, 'manifest.json'));
  const model = await findOrCreate(target, manifest, results);
  if (model === undefined) {
    for (const [name, bytes] of files) {
      await put(run.artifactUri, `model/${name}`, bytes);
    }
    return;
  }
  files.set('MLmodel', Buffer.from(modelFile(model, run, results)));
  for (const [name, bytes] of files) await put(model.artifactUri, name, bytes);
  await client.finishModel(run.runId, model.modelId, results.steps);
  for (const double of await client.findModels(run.experimentId, ID_TAG, id)) {
    if (double.modelId !== model.modelId) await client.deleteModel(double.modelId);
  }
}

function weightFiles({ protocol }: CellResults): string[] {
  const last = ['model.safetensors'];
  return protocol.weights === 'average' ? [...last, 'average.safetensors'] : last;
}

/** Undefined where the server has no logged models: before MLflow 3. */
async function findOrCreate(
  { client, run, id }: ArtifactTarget,
  manifest: Manifest,
  results: CellResults,
): Promise<LoggedModel | undefined> {
  const { parameters, scale } = results;
  const { backbone, head } = manifest.experiment.model;
  const details = {
    scale,
    parameters: parameters.total,
    'parameters.head': parameters.head,
    backbone: backbone.name,
    head: head?.name ?? 'none',
    weights: results.protocol.weights,
  };
  try {
    const [found] = await client.findModels(run.experimentId, ID_TAG, id);
    if (found !== undefined) return found;
    return await client.createModel({
      experimentId: run.experimentId,
      name: modelName(results.cell),
      runId: run.runId,
      params: Object.entries(details).map(([key, value]) => ({
        key,
        value: valueOf(String(value), LONGEST_PARAM),
      })),
      tags: [tag(ID_TAG, id), tag('mmsr.cell', results.cell)],
    });
  } catch (error) {
    if (error instanceof MlflowError && error.status === 404) return undefined;
    throw error;
  }
}

/** MLflow takes no slash, colon, dot, per cent or quote in the name of a model. */
function modelName(cell: string): string {
  const plain = valueOf(cell, 200).replace(/[/:.%"']/g, '-');
  return plain.trim() === '' ? 'model' : plain;
}

/** The file by which MLflow knows a folder for a model. JSON is YAML. */
function modelFile(model: LoggedModel, run: KnownRun, results: CellResults): string {
  const [weights] = weightFiles(results).reverse();
  const content = {
    flavors: { mmsr: { data: weights, scale: results.scale, format: 'safetensors' } },
    model_id: model.modelId,
    run_id: run.runId,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
