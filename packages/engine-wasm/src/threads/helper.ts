import { parentPort, workerData } from 'node:worker_threads';
import { instantiateProgram } from '../simd/program.js';
import { createTaskRunner } from '../tasks/task-runner.js';
import { serveJobs } from './control.js';
import type { HelperData } from './thread-pool.js';

/** The entry of a helper thread. */
const { control, memory, program, thread } = workerData as HelperData;
const runner = createTaskRunner(instantiateProgram(program, memory), thread);
parentPort?.postMessage('ready');
serveJobs(control, runner);
