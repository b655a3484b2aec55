import { type ResourceLimits, Worker } from 'node:worker_threads';
import { type Batch, type BatchStream, messageOf, MmsrError } from '@mmsr/core';
import {
  type BatchBytes,
  type BatchShape,
  createBatchBytes,
  toBatch,
} from '../patches/batch-maker.js';
import {
  LAST_PATCH,
  type LoaderReply,
  type LoaderRequest,
  type LoaderTask,
} from './loader-task.js';
import { SkipTally } from './skip-tally.js';
import { unpackError } from './thread-errors.js';

const BATCHES_AHEAD_PER_THREAD = 2;
const SPARE_BATCHES = 2;
/** JavaScript objects of a thread; pixels lie outside of it. */
const HEAP: ResourceLimits = { maxOldGenerationSizeMb: 2048 };
/** How long a thread may take to end by itself. */
const CLOSING_MS = 2000;

interface Thread {
  readonly worker: Worker;
  readonly ended: Promise<void>;
  /** Batches asked for and not yet there, in their order. */
  readonly asked: number[];
  readonly lastPatch: Int32Array;
}

/** What all threads of a stream are given. */
export type StreamTask = Omit<LoaderTask, 'ring' | 'lastPatch'>;

/** Says which patch it is, such as `a.svs at 10x, x 40, y 7`. */
export type DescribePatch = (batch: number, slot: number, attempt: number) => string;

/**
 * Batches made by threads, a few ahead of need. Which thread makes a batch depends on the moment, what
 * is in it does not. A thread that waits does not keep the process alive.
 */
export class ThreadStream implements BatchStream {
  waitedMs = 0;
  readonly skipped = new SkipTally();
  readonly #ring: readonly BatchBytes[];
  readonly #threads: readonly Thread[];
  /** Batches that are there, or why they are not. */
  readonly #finished = new Map<number, LoaderReply>();
  #next: number;
  #failure: Error | undefined;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(
    private readonly task: StreamTask,
    private readonly shape: BatchShape,
    private readonly describePatch: DescribePatch,
    threads: number,
    first: number,
    private readonly heap = HEAP,
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
    const { error, skipped = [] } = this.#finished.get(batch) as LoaderReply;
    this.#finished.delete(batch);
    if (error !== undefined) throw unpackError(error);
    this.skipped.add(skipped, this.shape.batchSize);
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
    const lastPatch = new Int32Array(new SharedArrayBuffer(12)).fill(-1);
    const task: LoaderTask = { ...this.task, ring: this.#ring, lastPatch };
    const worker = new Worker(new URL('./loader-thread.js', import.meta.url), {
      workerData: task,
      resourceLimits: this.heap,
    });
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', (code) => {
        resolve();
        this.#fail(this.#death(thread, `has ended with exit code ${code}`));
      });
    });
    const thread: Thread = { worker, ended, asked: [], lastPatch };
    worker.on('message', (reply: LoaderReply) => {
      thread.asked.splice(thread.asked.indexOf(reply.batch), 1);
      this.#finished.set(reply.batch, reply);
      this.#wake();
    });
    for (const event of ['error', 'messageerror']) {
      worker.on(event, (error: unknown) => {
        this.#fail(this.#death(thread, `has failed: ${messageOf(error)}`, error));
      });
    }
    worker.unref();
    return thread;
  }

  /** Of a thread that gives no batch any more. Several patches may be in work: the last is a clue, no more. */
  #death({ asked, lastPatch }: Thread, what: string, cause?: unknown): MmsrError {
    const { batch, slot, attempt } = LAST_PATCH;
    const [last, inSlot, ofAttempt] = [lastPatch[batch], lastPatch[slot], lastPatch[attempt]];
    const [batchInWork] = asked;
    const began = last !== undefined && last >= 0 && last === batchInWork;
    return new MmsrError(
      'E_DATA',
      `a loading thread ${what}` +
        (batchInWork === undefined ? '' : ` while it made batch ${batchInWork}`) +
        (began ? '; this is the patch that it began last' : ''),
      {
        where: began ? this.describePatch(last, inSlot ?? 0, ofAttempt ?? 0) : undefined,
        advice: 'With `data.workers=0` patches are made on the main thread, which may say more.',
        cause,
      },
    );
  }

  /** Has the thread make it that has the least to do. */
  #ask(batch: number): void {
    const idlest = this.#threads.reduce((best, one) =>
      one.asked.length < best.asked.length ? one : best,
    );
    idlest.asked.push(batch);
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
