import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Manifest, RunEvent } from '@mmsr/core';
import { checkedResults } from '@mmsr/core/checked-files';
import type { MlflowClient } from '../client/mlflow-client.js';
import { MlflowError } from '../client/mlflow-error.js';
import { inParts, metricKeyOf, valueOf } from '../client/names.js';
import {
  LONGEST_NAME,
  LONGEST_TAG,
  MOST_PARAMS,
  type KeyValue,
  type MetricPoint,
} from '../client/wire-values.js';
import { sendModel, sendPicture, type ArtifactTarget } from './artifacts.js';
import { hasNewReport, REPORT, sendIfChanged } from './changing-file.js';
import { deleteDoubles, ensureRun } from './ensure-run.js';
import { EventReader } from './event-reader.js';
import { Ledger, TRACKING_FOLDER, type KnownRun, type SpoolFile } from './ledger.js';
import { parseLine, readLines } from './lines.js';
import { MetricSender } from './metric-sender.js';
import { datasets, flatParameters, runTags } from './run-description.js';
import { readInside, readJsonFile } from './run-files.js';
import { ensureStudy } from './study-run.js';
import { testMetrics } from './test-metrics.js';

/** Points that are gathered before they are sent. */
const ENOUGH_POINTS = 1000;

export interface SenderOptions {
  readonly client: MlflowClient;
  /** The experiment on the server; default: the study's name. */
  readonly experiment?: string | undefined;
  /** The run is going on, and so is its study. */
  readonly isLive?: boolean;
  /** Whether the weights of a run that is done are sent. */
  readonly models: boolean;
  /** Told what can never be sent. */
  readonly onSkip: (message: string) => void;
}

/** One sample of what the machine does, a line of system.jsonl. */
export interface SystemSample {
  readonly time: number;
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

export function systemFile(directory: string): string {
  return join(directory, TRACKING_FOLDER, 'system.jsonl');
}

/**
 * Sends what a run directory holds and its ledger does not, in order. It may be cut off anywhere and
 * called again: nothing is missing or doubled in the end.
 */
export class RunSender {
  #run: KnownRun | undefined;
  #reader: EventReader;
  #metrics: MetricSender | undefined;
  #inDoubt: boolean;
  #hasBegun = false;
  #isDone = false;

  private constructor(
    private readonly directory: string,
    private readonly ledger: Ledger,
    private readonly options: SenderOptions,
  ) {
    this.#inDoubt = ledger.wasCutOff;
    this.#reader = new EventReader(this.#path('events.jsonl'));
  }

  static async open(directory: string, options: SenderOptions): Promise<RunSender> {
    return new RunSender(directory, await Ledger.open(directory), options);
  }

  /**
   * Sends what is there now.
   * @param isLast nothing follows: results whose last event a crash kept from being written are sent too
   * @throws MlflowError with what follows from it; what was not sent is sent by the next call
   */
  async send(isLast = false): Promise<void> {
    try {
      const manifest = await readJsonFile<Manifest>(this.#path('manifest.json'));
      if (manifest === undefined) return;
      if (!this.#hasBegun) await this.#begin(manifest);
      await this.#sendSystem();
      await this.#sendEvents(manifest);
      if (isLast) {
        await this.#sendUnsaid(manifest);
        await this.#sendReport();
      }
    } catch (error) {
      this.#reader = new EventReader(this.#path('events.jsonl'));
      // A part of what was under way may have arrived.
      this.#inDoubt = true;
      throw error;
    }
    this.#inDoubt = false;
    this.#metrics = undefined;
  }

  /** Grows with what is sent, and with what was learned of the server in order to send it. */
  get progress(): number {
    return this.ledger.appended + (this.#metrics?.known ?? 0);
  }

  /** Whether nothing is left to send to this server, as far as is known without asking it. */
  async isComplete(): Promise<boolean> {
    const { client } = this.options;
    const run = this.ledger.run(client.address);
    if (run === undefined || this.ledger.wasCutOff) return false;
    await this.ledger.useRun(run);
    const sizes = await Promise.all([
      sizeOf(this.#path('events.jsonl')),
      sizeOf(systemFile(this.directory)),
    ]);
    return (
      this.ledger.isSettled('results.json') &&
      this.ledger.position('events') === sizes[0] &&
      this.ledger.position('system') === sizes[1] &&
      !(await hasNewReport(this.directory, this.ledger))
    );
  }

  async close(isClean: boolean): Promise<void> {
    await (isClean && !this.#inDoubt ? this.ledger.close() : this.ledger.abandon());
  }

  async #begin(manifest: Manifest): Promise<void> {
    const { client } = this.options;
    const run = (this.#run ??= await this.#ensureRun(manifest));
    await this.#once('parameters', async () => {
      for (const params of inParts(flatParameters(manifest), MOST_PARAMS)) {
        await client.logBatch(run.runId, { params });
      }
    });
    await this.#once('datasets', () => client.logInputs(run.runId, datasets(manifest)));
    await this.#sendChanging('manifest.json');
    this.#hasBegun = true;
  }

  async #ensureRun(manifest: Manifest): Promise<KnownRun> {
    const { client, experiment } = this.options;
    const experimentId = await client.ensureExperiment(experiment ?? manifest.experiment.name);
    const parent = await this.#parentTags(experimentId);
    return ensureRun(client, this.ledger, experimentId, async () => ({
      experimentId,
      name: valueOf(manifest.cell, LONGEST_NAME),
      startTime: Date.parse(manifest.created),
      tags: [...runTags(manifest, this.ledger.id), ...parent],
    }));
  }

  async #parentTags(experimentId: string): Promise<KeyValue[]> {
    const { client, isLive = false } = this.options;
    const study = await ensureStudy(dirname(this.directory), client, experimentId);
    if (study === undefined) return [];
    if (isLive) await client.updateRun(study.runId, 'RUNNING');
    return [{ key: 'mlflow.parentRunId', value: study.runId }];
  }

  async #sendSystem(): Promise<void> {
    const points: MetricPoint[] = [];
    let to = this.ledger.position('system');
    const flush = () => this.#sendPoints(points.splice(0), 'system', to);
    for await (const line of readLines(systemFile(this.directory), to)) {
      const sample = parseLine<SystemSample>(line);
      if (sample !== undefined) points.push(...pointsOf(sample));
      to = line.end;
      if (points.length >= ENOUGH_POINTS) await flush();
    }
    await flush();
  }

  async #sendEvents(manifest: Manifest): Promise<void> {
    const points: MetricPoint[] = [];
    let to = this.ledger.position('events');
    const flush = () => this.#sendPoints(points.splice(0), 'events', to);
    for await (const { event, end } of this.#reader.after(to)) {
      if (event !== undefined && !['metrics', 'checkpoint'].includes(event.type)) {
        await flush();
        await this.#sendEvent(event, end, manifest);
        await this.ledger.setPosition('events', end);
      }
      if (event?.type === 'metrics') points.push(...pointsOf(event));
      to = end;
      if (points.length >= ENOUGH_POINTS) await flush();
    }
    await flush();
  }

  async #sendPoints(points: MetricPoint[], file: SpoolFile, to: number): Promise<void> {
    if (points.length > 0) {
      await this.#metricSender().send(points, this.#inDoubt);
    }
    if (to !== this.ledger.position(file)) await this.ledger.setPosition(file, to);
  }

  #metricSender(): MetricSender {
    this.#metrics ??= new MetricSender(this.options.client, this.#target.run.runId, (what, error) =>
      this.#skip(what, error),
    );
    return this.#metrics;
  }

  async #sendEvent(event: RunEvent, end: number, manifest: Manifest): Promise<void> {
    const { client } = this.options;
    const { runId } = this.#target.run;
    switch (event.type) {
      case 'image':
        await this.#orSkip(event.path, () => sendPicture(this.#target, event));
        break;
      case 'warning':
        await this.#orSkip('warning', () => this.#setTag('mmsr.warning', event.message));
        break;
      case 'state':
        if (event.state === 'started' || event.state === 'resumed') {
          await client.updateRun(runId, 'RUNNING');
        } else {
          await this.#sendEnd(event, end, manifest);
        }
        break;
      case 'metrics':
      case 'checkpoint':
        break;
    }
  }

  /** The run has ended: done, failed or stopped. */
  async #sendEnd(
    event: RunEvent & { readonly type: 'state' },
    end: number,
    manifest: Manifest,
  ): Promise<void> {
    const { client } = this.options;
    const { runId } = this.#target.run;
    const { time, state, message } = event;
    // A run that was resumed otherwise than it began has another one.
    await this.#sendChanging('manifest.json');
    await this.#orSkip('events.jsonl', () => this.#sendFile('events.jsonl', end));
    if (state === 'done') await this.#sendResults(time, manifest);
    if (message !== undefined) {
      await this.#orSkip('error', () => this.#setTag('mmsr.error', message));
    }
    const status = state === 'done' ? 'FINISHED' : state === 'failed' ? 'FAILED' : 'KILLED';
    await client.updateRun(runId, status, time);
  }

  async #sendResults(time: number, manifest: Manifest): Promise<void> {
    const path = this.#path('results.json');
    const content = await readJsonFile<unknown>(path);
    if (content === undefined) return;
    const results = checkedResults(content, path);
    const { client, models } = this.options;
    const { run } = this.#target;
    await this.#once('test metrics', () =>
      this.#metricSender().send(testMetrics(results, time), this.#inDoubt),
    );
    if (models) {
      await this.#once('model', () => sendModel(this.#target, manifest, results));
    }
    await deleteDoubles(client, this.ledger, run);
    await this.#once('results.json', () => this.#sendFile('results.json'));
    this.#isDone = true;
  }

  /** A crash between results.json and the event that says so. */
  async #sendUnsaid(manifest: Manifest): Promise<void> {
    if (this.#isDone || this.ledger.isSettled('results.json')) return;
    const results = await stat(this.#path('results.json')).catch(() => undefined);
    if (results === undefined) return;
    const event = { type: 'state', state: 'done', step: 0, time: Math.floor(results.mtimeMs) };
    const end = this.ledger.position('events');
    await this.#sendEnd(event as RunEvent & { readonly type: 'state' }, end, manifest);
  }

  /** It is written after the run has ended. */
  async #sendReport(): Promise<void> {
    if (await hasNewReport(this.directory, this.ledger)) await this.#sendChanging(REPORT);
  }

  async #sendChanging(path: string): Promise<void> {
    const { directory: folder, ledger } = this;
    const { client, onSkip } = this.options;
    await sendIfChanged({ folder, client, ledger, run: this.#run as KnownRun, onSkip }, path);
  }

  async #sendFile(path: string, end?: number): Promise<void> {
    const bytes = await readInside(this.directory, path);
    const { run } = this.#target;
    await this.options.client.putArtifact(run.artifactUri, path, bytes.subarray(0, end));
  }

  async #setTag(key: string, value: string): Promise<void> {
    const tags = [{ key, value: valueOf(value, LONGEST_TAG) }];
    await this.options.client.logBatch(this.#target.run.runId, { tags });
  }

  async #once(what: string, send: () => Promise<void>): Promise<void> {
    if (this.ledger.isSettled(what)) return;
    await this.#orSkip(what, async () => {
      await send();
      await this.ledger.setSent(what);
    });
  }

  async #orSkip(what: string, send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (!(error instanceof MlflowError) || error.consequence !== 'skip') throw error;
      await this.#skip(what, error);
    }
  }

  async #skip(what: string, error: MlflowError): Promise<void> {
    await this.ledger.setSkipped(what, error.message);
    this.options.onSkip(`${what} is not sent: ${error.describe()}`);
  }

  get #target(): ArtifactTarget {
    const { client } = this.options;
    const { directory, ledger } = this;
    return {
      ...{ client, directory, id: ledger.id },
      run: this.#run as KnownRun,
      put: async (artifactUri, path, bytes) => {
        // The ledger knows a file by where it is, in one form for each place.
        const what = `${artifactUri}/${path}`;
        if (ledger.isSettled(what)) return;
        await client.putArtifact(artifactUri, path, bytes);
        await ledger.setSent(what);
      },
    };
  }

  #path(name: string): string {
    return join(this.directory, name);
  }
}

/** Values that are no numbers are null in JSON. */
function pointsOf({
  time,
  step,
  values,
}: Omit<SystemSample, 'values'> & {
  readonly values: Readonly<Record<string, number | null>>;
}): MetricPoint[] {
  return Object.entries(values).map(([key, value]) => ({
    key: metricKeyOf(key),
    value: value ?? Number.NaN,
    timestamp: time,
    step,
  }));
}

async function sizeOf(path: string): Promise<number> {
  const file = await stat(path).catch(() => undefined);
  return file?.size ?? 0;
}
