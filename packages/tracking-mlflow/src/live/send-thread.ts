import { Worker } from 'node:worker_threads';
import type { MlflowOptions } from '../options.js';

export interface WorkerData {
  readonly directory: string;
  readonly options: MlflowOptions;
}

export interface ToWorker {
  readonly type: 'poke' | 'finish';
}

type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'message'; readonly level: 'info' | 'warning'; readonly text: string }
  | { readonly type: 'finished'; readonly isSent: boolean };

/** Beyond its own limit, before the thread is ended. */
const GRACE_MS = 5000;

/** The sending thread as the run sees it: whatever becomes of it, the run goes on. */
export class SendThread {
  readonly #worker: Worker;
  readonly #ended: Promise<boolean>;
  readonly #ready: Promise<void>;

  constructor(
    private readonly data: WorkerData,
    say: (level: 'info' | 'warning', text: string) => void,
  ) {
    this.#worker = new Worker(new URL('./send-worker.js', import.meta.url), { workerData: data });
    // A run that fails must not be kept alive by what it has to say.
    this.#worker.unref();
    let setReady = () => undefined as void;
    this.#ready = new Promise((resolve) => (setReady = resolve));
    this.#ended = new Promise((resolve) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.type === 'message') say(message.level, message.text);
        else if (message.type === 'finished') resolve(message.isSent);
        setReady();
      });
      this.#worker.once('error', (error) => say('warning', `mlflow: ${error.message}`));
      this.#worker.once('exit', () => {
        setReady();
        resolve(false);
      });
    });
  }

  /** Something was appended. */
  poke(): void {
    this.#send('poke');
  }

  /** Nothing more is appended. @returns whether everything was sent, within a bounded time */
  async finish(): Promise<boolean> {
    // Before the wait: a thread that is not ready yet may be all that keeps the process from ending.
    this.#worker.ref();
    await this.#ready;
    this.#send('finish');
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<boolean>((resolve) => {
      const ms = this.data.options.finishSeconds * 1000 + GRACE_MS;
      timer = setTimeout(() => resolve(false), ms);
    });
    const isSent = await Promise.race([this.#ended, limit]);
    clearTimeout(timer);
    await this.#worker.terminate();
    return isSent;
  }

  #send(type: ToWorker['type']): void {
    this.#worker.postMessage({ type } satisfies ToWorker);
  }
}
