import { Worker } from 'node:worker_threads';
import { messageOf, MmsrError } from '@mmsr/core';
import { createTaskRunner } from '../tasks/task-runner.js';
import type { Simd } from '../simd/program.js';
import { createControl, runJob, type TaskRunner } from './control.js';

/** What a helper thread is started with. */
export interface HelperData {
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly memory: WebAssembly.Memory;
  readonly program: WebAssembly.Module;
  /** The helper's number, from 1. */
  readonly thread: number;
}

/** The calling thread and its helpers, which work on the heap of tfjs's binary together. */
export class ThreadPool {
  readonly #runner: TaskRunner;

  private constructor(
    private readonly control: Int32Array<SharedArrayBuffer>,
    private readonly helpers: readonly Worker[],
    /** Why there are fewer threads than asked for. */
    readonly shortfall: string | undefined,
    simd: Simd,
  ) {
    this.#runner = createTaskRunner(simd, 0);
  }

  /** Starts `threads - 1` helpers; when they cannot all start there are none, and `shortfall` says why. */
  static async start(
    threads: number,
    program: WebAssembly.Module,
    memory: WebAssembly.Memory,
    simd: Simd,
  ): Promise<ThreadPool> {
    const control = createControl();
    const helpers: Worker[] = [];
    try {
      for (let thread = 1; thread < threads; thread++) {
        helpers.push(createHelper({ control, memory, program, thread }));
      }
      await Promise.all(helpers.map(ready));
      return new ThreadPool(control, helpers, undefined, simd);
    } catch (error) {
      await Promise.all(helpers.map((helper) => helper.terminate()));
      return new ThreadPool(control, [], messageOf(error), simd);
    }
  }

  get threads(): number {
    return this.helpers.length + 1;
  }

  /** Does every piece of a job; pieces are independent, so the result does not depend on who does which. */
  run(task: number, parameters: readonly number[], pieces: number): void {
    if (this.helpers.length > 0 && pieces > 1) {
      if (runJob(this.control, task, parameters, pieces, this.#runner)) return;
      throw new MmsrError('E_ENGINE', 'a WebAssembly thread failed in a kernel');
    }
    const piece = this.#runner(task, Int32Array.from(parameters));
    for (let index = 0; index < pieces; index++) piece(index);
  }

  /** Ends the helpers; resolves when they are gone. */
  async stop(): Promise<void> {
    await Promise.all(this.helpers.map((helper) => helper.terminate()));
  }
}

/** Without the process's flags, some of which a worker refuses. */
function createHelper(data: HelperData): Worker {
  const entry = new URL('./helper.js', import.meta.url);
  return new Worker(entry, { workerData: data, execArgv: [] });
}

/** Resolves when the helper waits for work; from then on it does not keep the process alive. */
function ready(helper: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    helper.once('error', reject);
    helper.once('exit', (code) => reject(new Error(`a thread ended with code ${code}`)));
    helper.once('message', () => {
      helper.unref();
      resolve();
    });
  });
}
