import { compileProgram, instantiateProgram, type Simd } from '../simd/program.js';
import { taskNumber } from '../tasks/task-runner.js';
import { sumBlocks } from '../tasks/sums.js';
import { ThreadPool } from './thread-pool.js';

const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
const program = compileProgram();
const simd = instantiateProgram(program, memory);

const SOURCE = 65536;
const TARGET = 1 << 20;

/** Sums rows of one column each; every piece must be done, and done once. */
function sumInPieces(pool: ThreadPool, pieces: number, value: number): Float32Array {
  new Float32Array(memory.buffer, SOURCE, 3 * pieces).fill(value);
  const sums = new Float32Array(memory.buffer, TARGET, pieces);
  sums.fill(-1);
  const parameters = { source: SOURCE, target: TARGET, rows: 3 * pieces, columns: 1, blockRows: 3 };
  const values = sumBlocks.names.map((name) => parameters[name]);
  pool.run(taskNumber(sumBlocks), values, pieces);
  return sums;
}

test.each([1, 2, 7])('%i threads do every piece of thousands of jobs', async (threads) => {
  const pool = await ThreadPool.start(threads, program, memory, simd);
  expect(pool.threads).toBe(threads);
  for (let job = 1; job <= 3000; job++) {
    const pieces = 1 + (job % 40);
    const sums = sumInPieces(pool, pieces, job);
    if (!sums.every((sum) => sum === 3 * job)) throw new Error(`job ${job} is incomplete`);
  }
  await pool.stop();
});

test('without its helpers the pool works alone and says why', async () => {
  const wrong = new WebAssembly.Module(
    // (module (import "env" "absent" (func)))
    Uint8Array.from([
      ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0],
      ...[2, 14, 1, 3, 101, 110, 118, 6, 97, 98, 115, 101, 110, 116, 0, 0],
    ]),
  );
  const pool = await ThreadPool.start(3, wrong, memory, simd);
  expect(pool.threads).toBe(1);
  expect(pool.shortfall).toMatch('absent');
  expect(sumInPieces(pool, 5, 2)).toEqual(Float32Array.of(6, 6, 6, 6, 6));
  await pool.stop();
});

test('a failure in a kernel reaches the caller, from any thread, and the pool goes on', async () => {
  const failing: Simd = { ...simd, addRows: () => undefined };
  const pool = await ThreadPool.start(2, program, memory, failing);
  const outside = { source: -16, target: -16, rows: 1000, columns: 1, blockRows: 1 };
  const values = sumBlocks.names.map((name) => outside[name]);
  // Only the helper touches memory here, and it does when it is quick enough to get a piece.
  expect(() => {
    for (let i = 0; i < 10000; i++) pool.run(taskNumber(sumBlocks), values, 1000);
  }).toThrow('a WebAssembly thread failed');
  await pool.stop();
});
