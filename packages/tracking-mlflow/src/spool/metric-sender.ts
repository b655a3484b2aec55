import type { MlflowClient } from '../client/mlflow-client.js';
import { MlflowError } from '../client/mlflow-error.js';
import { inParts } from '../client/names.js';
import { MOST_METRICS, type MetricPoint } from '../client/wire-values.js';
import { isThere } from './ensure-run.js';

/** Sends points of metrics to one run, those that are there already left out when in doubt. */
export class MetricSender {
  /** Points that the server has, by key; asked for once, and again after a failure. */
  readonly #onServer = new Map<string, Set<string>>();

  constructor(
    private readonly client: MlflowClient,
    private readonly runId: string,
    private readonly onSkip: (what: string, error: MlflowError) => Promise<void>,
  ) {}

  /** Of how many metrics it is known what the server has. */
  get known(): number {
    return this.#onServer.size;
  }

  /** @param inDoubt whether some of the points may have arrived already */
  async send(points: readonly MetricPoint[], inDoubt: boolean): Promise<void> {
    const missing = inDoubt ? await this.#missing(points) : points;
    for (const part of inParts(missing, MOST_METRICS)) await this.#sendPart(part);
  }

  async #missing(points: readonly MetricPoint[]): Promise<MetricPoint[]> {
    for (const key of new Set(points.map((point) => point.key))) {
      if (this.#onServer.has(key)) continue;
      const history = await this.client.metricHistory(this.runId, key);
      this.#onServer.set(key, new Set(history.map(placeOf)));
    }
    return points.filter((point) => this.#onServer.get(point.key)?.has(placeOf(point)) !== true);
  }

  /** Points that are refused together are sent by halves, so that only the bad ones are left out. */
  async #sendPart(points: readonly MetricPoint[]): Promise<void> {
    try {
      await this.client.logBatch(this.runId, { metrics: points });
      for (const point of points) this.#onServer.get(point.key)?.add(placeOf(point));
    } catch (error) {
      for (const { key } of points) this.#onServer.delete(key);
      if (!(error instanceof MlflowError) || error.consequence !== 'skip') throw error;
      await this.#requireRun();
      const [first] = points as readonly [MetricPoint];
      if (points.length === 1) return this.onSkip(`${first.key} at step ${first.step}`, error);
      const half = points.length >> 1;
      await this.#sendPart(points.slice(0, half));
      await this.#sendPart(points.slice(half));
    }
  }

  async #requireRun(): Promise<void> {
    if (await isThere(this.client, this.runId)) return;
    throw new MlflowError(`the run ${this.runId} is gone`, {
      consequence: 'halt',
      where: this.client.address,
    });
  }
}

/** What tells apart the points of one metric: a step may be done again, at another time. */
function placeOf({ step, timestamp }: MetricPoint): string {
  return `${step} ${timestamp}`;
}
