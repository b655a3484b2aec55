import { relative } from 'node:path';
import {
  defineTracker,
  describeError,
  type TrackedRun,
  type TrackedStudy,
  type Tracker,
} from '@mmsr/core';
import { MlflowOptionsSchema, type MlflowOptions } from '../options.js';
import { lockSender } from '../spool/sender-lock.js';
import { clientOf, syncFolder } from '../sync.js';
import { SendThread } from './send-thread.js';

const CHECK_SECONDS = 5;

/** Follows a run on a thread of its own, and ends a study. */
class MlflowTracker implements Tracker {
  #thread: SendThread | undefined;
  #release: (() => Promise<void>) | undefined;
  #run: TrackedRun | undefined;

  constructor(private readonly options: MlflowOptions) {}

  async check({ experiment }: Pick<TrackedRun, 'experiment'>): Promise<void> {
    const timeoutSeconds = Math.min(this.options.timeoutSeconds, CHECK_SECONDS);
    const client = clientOf({ ...this.options, timeoutSeconds });
    await client.checkAccess(this.options.experiment ?? experiment);
  }

  async start(run: TrackedRun): Promise<void> {
    const { directory, say } = run;
    this.#run = run;
    try {
      this.#release = await lockSender(directory);
      if (this.#release === undefined) {
        say('warning', `mlflow: another process sends this run; ${advice(directory)}`);
      } else {
        this.#thread = new SendThread({ directory, options: this.options }, say);
      }
    } catch (error) {
      say('warning', `mlflow: ${describeError(error)}`);
    }
  }

  record(): void {
    this.#thread?.poke();
  }

  async finish(): Promise<void> {
    const isSent = (await this.#thread?.finish()) ?? true;
    await this.#release?.().catch(() => undefined);
    if (isSent || this.#run === undefined) return;
    const { directory, say } = this.#run;
    say('warning', `mlflow: not everything was sent; ${advice(directory)}`);
  }

  async finishStudy({ directory, say }: TrackedStudy): Promise<void> {
    const { uri, finishSeconds } = this.options;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), finishSeconds * 1000);
    const onSkip = (message: string) => say('warning', `mlflow: ${message}`);
    try {
      await syncFolder(directory, { uri, attempts: 1, signal: stop.signal, onSkip });
    } catch (error) {
      say('warning', `mlflow: ${describeError(error)} ${advice(directory)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

function advice(directory: string): string {
  return `run \`npx mmsr-run sync ${relative(process.cwd(), directory) || '.'}\` to send what is missing`;
}

/** Shows runs and studies in MLflow. */
export const mlflowTracker = defineTracker({
  name: 'mlflow',
  apiVersion: 1,
  description: 'Runs and studies in MLflow.',
  configSchema: MlflowOptionsSchema,
  create: (options) => new MlflowTracker(options),
});
