import { Worker } from 'node:worker_threads';
import { type Batch, type BatchStream, MmsrError } from '@mmsr/core';
import {
  type BatchBytes,
  type BatchShape,
  createBatchBytes,
  toBatch,
} from '../patches/batch-maker.js';
import type { LoaderReply, LoaderRequest, LoaderTask } from './loader-task.js';
import { unpackError } from './thread-errors.js';

const BATCHES_AHEAD_PER_THREAD = 2;
const SPARE_BATCHES = 2;
/** How long a thread may take to end by itself. */
const CLOSING_MS = 2000;

interface Thread {
  readonly worker: Worker;
  readonly ended: Promise<void>;
  /** Batches asked for and not yet there. */
  asked: number;
}

/**
 * Batches made by threads, a few ahead of need. Which thread makes a batch depends on the moment, what
 * is in it does not. A thread that waits does not keep the process alive.
 */
export class ThreadStream implements BatchStream {
  waitedMs = 0;
  readonly #ring: readonly BatchBytes[];
  readonly #threads: readonly Thread[];
  /** Batches that are there, or why they are not. */
  readonly #finished = new Map<number, Error | undefined>();
  #next: number;
  #failure: Error | undefined;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(
    private readonly task: Omit<LoaderTask, 'ring'>,
    private readonly shape: BatchShape,
    threads: number,
    first: number,
  ) {
    this.#next = first;
    const batches = threads * BATCHES_AHEAD_PER_THREAD + SPARE_BATCHES;
    this.#ring = Array.from({ length: batches }, () => createBatchBytes(shape));
    this.#threads = Array.from({ length: threads }, () => this.#start());
    for (let batch = first; batch < first + batches; batch++) this.#ask(batch);
  }

  async next(): Promise<Batch> {
    const batch = this.#next++;
    await this.#arrival(batch);
    if (this.#isClosed) throw closedError();
    const error = this.#finished.get(batch);
    this.#finished.delete(batch);
    if (error !== undefined) throw error;
    const bytes = this.#ring[batch % this.#ring.length] as BatchBytes;
    const made = toBatch(batch, bytes, this.shape, this.task.sampler);
    this.#ask(batch + this.#ring.length);
    return made;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#fail(closedError());
    await Promise.all(this.#threads.map(endThread));
  }

  #start(): Thread {
    const task: LoaderTask = { ...this.task, ring: this.#ring };
    const worker = new Worker(new URL('./loader-thread.js', import.meta.url), { workerData: task });
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        resolve();
        this.#fail(new MmsrError('E_DATA', 'a loading thread has ended unexpectedly'));
      });
    });
    const thread: Thread = { worker, ended, asked: 0 };
    worker.on('message', (reply: LoaderReply) => {
      thread.asked--;
      this.#finished.set(reply.batch, reply.error && unpackError(reply.error));
      this.#wake();
    });
    worker.on('error', (error) => {
      this.#fail(error as Error);
    });
    worker.unref();
    return thread;
  }

  /** Has the thread make it that has the least to do. */
  #ask(batch: number): void {
    const idlest = this.#threads.reduce((best, one) => (one.asked < best.asked ? one : best));
    idlest.asked++;
    idlest.worker.postMessage({ batch } satisfies LoaderRequest);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  async #arrival(batch: number): Promise<void> {
    const beganMs = performance.now();
    for (const { worker } of this.#threads) worker.ref();
    try {
      while (!this.#finished.has(batch)) {
        if (this.#failure !== undefined) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      for (const { worker } of this.#threads) worker.unref();
      this.waitedMs += performance.now() - beganMs;
    }
  }
}

function closedError(): Error {
  return new Error('the batch stream is closed');
}

/** Asks it to end, so that it can close its source; after a while it is ended. */
async function endThread({ worker, ended }: Thread): Promise<void> {
  worker.ref();
  worker.postMessage('close' satisfies LoaderRequest);
  const timer = setTimeout(() => void worker.terminate(), CLOSING_MS);
  await ended;
  clearTimeout(timer);
}
