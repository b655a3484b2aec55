import { MlflowError } from './mlflow-error.js';
import type { JsonAnswer, Transport } from './transport.js';
import {
  isPlainPath,
  LONGEST_NAME,
  MOST_IN_ALL,
  MOST_METRICS,
  MOST_PARAMS,
  MOST_TAGS,
  requireStatus,
  requireText,
  requireWhole,
  wireMetric,
  wireParam,
  wireTag,
  type KeyValue,
  type MetricPoint,
  type RunStatus,
} from './wire-values.js';

const API = '/api/2.0/mlflow';
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';
const HISTORY_PAGE = 10000;

export interface RunInfo {
  readonly runId: string;
  readonly experimentId: string;
  /** Where the server puts the run's artifacts. */
  readonly artifactUri: string;
  readonly status: string;
  readonly isDeleted: boolean;
}

export interface NewRun {
  readonly experimentId: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly tags: readonly KeyValue[];
}

export interface Batch {
  readonly metrics?: readonly MetricPoint[];
  readonly params?: readonly KeyValue[];
  readonly tags?: readonly KeyValue[];
}

export interface DatasetInput {
  readonly name: string;
  /** At most 36 characters. */
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  /** JSON text. */
  readonly profile: string;
  /** What it is for, such as `training`. */
  readonly context: string;
}

export interface LoggedModel {
  readonly modelId: string;
  readonly artifactUri: string;
  readonly status: string;
}

export interface NewModel {
  readonly experimentId: string;
  readonly name: string;
  readonly runId: string;
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/** By this, MLflow's page takes an experiment for the training of models and not for traces of language models. */
const TRAINS_MODELS = { key: 'mlflow.experimentKind', value: 'custom_model_development' };

/** The calls of MLflow's REST API that a run needs, each checked before it is sent. */
export class MlflowClient {
  constructor(private readonly transport: Transport) {}

  /** Without credentials. */
  get address(): string {
    return this.transport.connection.address;
  }

  /** The experiment's id; makes or restores it where that is needed. */
  async ensureExperiment(name: string): Promise<string> {
    requireText('experiment', name, 500);
    const found = await this.#experiment(name);
    if (found !== undefined) return this.#active(found);
    try {
      const answer = await this.#post('experiments/create', { name, tags: [TRAINS_MODELS] });
      return String(answer.experiment_id);
    } catch (error) {
      if ((error as MlflowError).errorCode !== 'RESOURCE_ALREADY_EXISTS') throw error;
      // Another process was faster.
      return this.#active((await this.#experiment(name)) ?? {});
    }
  }

  /** Whether the server answers and lets these credentials see the experiment, should it be there. */
  async checkAccess(name: string): Promise<void> {
    await this.#experiment(requireText('experiment', name, 500));
  }

  async #experiment(name: string): Promise<JsonAnswer | undefined> {
    const query = { experiment_name: name };
    const answer = await orUndefined(this.#get('experiments/get-by-name', query));
    return answer?.experiment as JsonAnswer | undefined;
  }

  async #active(experiment: JsonAnswer): Promise<string> {
    const id = String(experiment.experiment_id);
    if (experiment.lifecycle_stage === 'deleted') {
      await this.#post('experiments/restore', { experiment_id: id });
    }
    return id;
  }

  /** Not to be repeated blindly: every call makes a run. */
  async createRun({ experimentId, name, startTime, tags }: NewRun): Promise<RunInfo> {
    const answer = await this.#post('runs/create', {
      experiment_id: experimentId,
      run_name: requireText('run name', name, LONGEST_NAME),
      start_time: requireWhole('start time', startTime),
      tags: tags.map(wireTag),
    });
    return runInfo(answer.run);
  }

  /** Runs of the experiment whose tag has this value, oldest first; the value holds no quotes. */
  async findRuns(experimentId: string, tag: string, value: string): Promise<RunInfo[]> {
    const answer = await this.#post('runs/search', {
      experiment_ids: [experimentId],
      filter: `tags.\`${tag}\` = '${value}'`,
      order_by: ['attributes.start_time ASC', 'attributes.run_id ASC'],
      max_results: 100,
    });
    return listIn(answer, 'runs').map(runInfo);
  }

  /** Undefined when the server does not know it. */
  async run(runId: string): Promise<RunInfo | undefined> {
    const answer = await orUndefined(this.#get('runs/get', { run_id: runId }));
    return answer === undefined ? undefined : runInfo(answer.run);
  }

  async updateRun(runId: string, status: RunStatus, endTime?: number): Promise<void> {
    await this.#post('runs/update', {
      run_id: runId,
      status: requireStatus(status),
      ...(endTime !== undefined && { end_time: requireWhole('end time', endTime) }),
    });
  }

  async deleteRun(runId: string): Promise<void> {
    await this.#post('runs/delete', { run_id: runId });
  }

  /** At most 1000 metrics, 100 parameters and 100 tags, and 1000 in all. */
  async logBatch(runId: string, { metrics = [], params = [], tags = [] }: Batch): Promise<void> {
    const total = metrics.length + params.length + tags.length;
    const fits =
      metrics.length <= MOST_METRICS &&
      params.length <= MOST_PARAMS &&
      tags.length <= MOST_TAGS &&
      total <= MOST_IN_ALL;
    if (!fits) throw new MlflowError('a batch is too large', { consequence: 'skip' });
    await this.#post('runs/log-batch', {
      run_id: runId,
      metrics: metrics.map(wireMetric),
      params: params.map(wireParam),
      tags: tags.map(wireTag),
    });
  }

  /** Every point of a metric that the server has. */
  async metricHistory(runId: string, key: string): Promise<MetricPoint[]> {
    const points: MetricPoint[] = [];
    let page: string | undefined;
    do {
      const answer = await this.#get('metrics/get-history', {
        run_id: runId,
        metric_key: key,
        max_results: HISTORY_PAGE,
        ...(page !== undefined && { page_token: page }),
      });
      points.push(...listIn(answer, 'metrics').map(metricPoint));
      const next = answer.next_page_token;
      page = typeof next === 'string' && next !== '' ? next : undefined;
    } while (page !== undefined);
    return points;
  }

  async logInputs(runId: string, datasets: readonly DatasetInput[]): Promise<void> {
    const content = {
      run_id: runId,
      datasets: datasets.map(({ context, sourceType, ...dataset }) => ({
        tags: [{ key: 'mlflow.data.context', value: context }],
        dataset: {
          name: requireText('dataset', dataset.name, 500),
          digest: requireText('digest', dataset.digest, 36),
          source_type: sourceType,
          source: requireText('source', dataset.source, 65535),
          profile: requireText('profile', dataset.profile, 16777215),
        },
      })),
    };
    try {
      await this.#post('runs/log-inputs', content);
    } catch (error) {
      // Two cells of a study told the server of one data set at once: the second try finds it there.
      if ((error as MlflowError).errorCode !== 'BAD_REQUEST') throw error;
      await this.#post('runs/log-inputs', content);
    }
  }

  /** Not to be repeated blindly: every call makes a model. */
  async createModel({ experimentId, name, runId, params, tags }: NewModel): Promise<LoggedModel> {
    const answer = await this.#post('logged-models', {
      experiment_id: experimentId,
      name,
      source_run_id: runId,
      params: params.map(wireParam),
      tags: tags.map(wireTag),
    });
    return loggedModel(answer.model);
  }

  /** Models of the experiment whose tag has this value. */
  async findModels(experimentId: string, tag: string, value: string): Promise<LoggedModel[]> {
    const answer = await this.#post('logged-models/search', {
      experiment_ids: [experimentId],
      filter: `tags.\`${tag}\` = '${value}'`,
    });
    return listIn(answer, 'models').map(loggedModel);
  }

  async deleteModel(modelId: string): Promise<void> {
    const path = `${API}/logged-models/${encodeURIComponent(modelId)}`;
    await this.transport.json('DELETE', path, { model_id: modelId });
  }

  /** Says that the model's files are there, and that the run made it at this step. */
  async finishModel(runId: string, modelId: string, step: number): Promise<void> {
    await this.transport.json('PATCH', `${API}/logged-models/${encodeURIComponent(modelId)}`, {
      model_id: modelId,
      status: 'LOGGED_MODEL_READY',
    });
    // An output that is there already is refused.
    const { run } = await this.#get('runs/get', { run_id: runId });
    const outputs = listIn(((run as JsonAnswer).outputs ?? {}) as JsonAnswer, 'model_outputs');
    if (outputs.some((output) => output.model_id === modelId)) return;
    await this.#post('runs/outputs', { run_id: runId, models: [{ model_id: modelId, step }] });
  }

  /**
   * Writes a file under an artifact URI that the server gave. The same path is written over.
   * @param path with slashes, no `..`
   */
  async putArtifact(artifactUri: string, path: string, bytes: Uint8Array): Promise<void> {
    if (!isPlainPath(path)) {
      throw new MlflowError(`the artifact path ${JSON.stringify(path)} is not a plain one`, {
        consequence: 'skip',
      });
    }
    await this.transport.put(artifactPath(artifactUri, path), bytes);
  }

  #get(call: string, query: object): Promise<JsonAnswer> {
    return this.transport.json('GET', `${API}/${call}`, query);
  }

  #post(call: string, content: object): Promise<JsonAnswer> {
    return this.transport.json('POST', `${API}/${call}`, content);
  }
}

/** Files go through the server; where it does not take them, no request could ever succeed. */
function artifactPath(artifactUri: string, path: string): string {
  const [, root] = /^mlflow-artifacts:\/(?!\/)(.*)$/.exec(artifactUri) ?? [];
  if (root === undefined) {
    throw new MlflowError(`the server keeps artifacts where only it can write`, {
      consequence: 'skip',
      where: artifactUri,
      advice: 'Start it with --serve-artifacts and --artifacts-destination.',
    });
  }
  const segments = `${root}/${path}`.split('/').filter((segment) => segment !== '');
  return `${ARTIFACTS}/${segments.map(encodeURIComponent).join('/')}`;
}

async function orUndefined(answer: Promise<JsonAnswer>): Promise<JsonAnswer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ((error as MlflowError).errorCode === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw error;
  }
}

function listIn(answer: JsonAnswer, key: string): JsonAnswer[] {
  const list = answer[key];
  return Array.isArray(list) ? (list as JsonAnswer[]) : [];
}

function runInfo(run: unknown): RunInfo {
  const info = ((run as JsonAnswer | undefined)?.info ?? {}) as Record<string, string | undefined>;
  return {
    runId: info.run_id ?? '',
    experimentId: info.experiment_id ?? '',
    artifactUri: info.artifact_uri ?? '',
    status: info.status ?? '',
    isDeleted: info.lifecycle_stage === 'deleted',
  };
}

function loggedModel(model: unknown): LoggedModel {
  const info = ((model as JsonAnswer | undefined)?.info ?? {}) as Record<string, unknown>;
  return {
    modelId: String(info.model_id),
    artifactUri: String(info.artifact_uri),
    status: String(info.status),
  };
}

/** The server's JSON has 64-bit numbers as text in some places, and what is not finite as words. */
function metricPoint(metric: JsonAnswer): MetricPoint {
  return {
    key: String(metric.key),
    value: Number(metric.value),
    timestamp: Number(metric.timestamp),
    step: Number(metric.step ?? 0),
  };
}
