/*
 * What the threads share besides the heap: 64 words that say which job is open and how far it is.
 * A job is a number of pieces; whoever is free takes the next. The gate counts the helpers inside a job
 * and is closed before the words of the next job are written, so that a late helper never mixes two.
 */

const EPOCH = 0;
const GATE = 1;
const NEXT = 2;
const TOTAL = 3;
const TASK = 4;
const FAILED = 5;
const PARAMETERS = 8;
const WORDS = 64;
const CLOSED = 1 << 16;

/** Loads of a word before a waiting thread goes to sleep: waking it costs more than a small kernel. */
const SPINS = 4000;

/** Does piece `index` of a job. */
export type Piece = (index: number) => void;
/** Prepares a job from its parameters. */
export type TaskRunner = (task: number, parameters: Int32Array) => Piece;

export function createControl(): Int32Array<SharedArrayBuffer> {
  const control = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
  control[GATE] = CLOSED;
  return control;
}

/**
 * Opens a job, works on it with whoever helps, and returns when all of it is done.
 * @returns whether every helper could do its part
 */
export function runJob(
  control: Int32Array<SharedArrayBuffer>,
  task: number,
  parameters: readonly number[],
  pieces: number,
  runner: TaskRunner,
): boolean {
  control.set(parameters, PARAMETERS);
  control[TASK] = task;
  control[TOTAL] = pieces;
  control[NEXT] = 0;
  control[FAILED] = 0;
  Atomics.store(control, GATE, 0);
  Atomics.add(control, EPOCH, 1);
  Atomics.notify(control, EPOCH);
  try {
    work(control, runner);
  } finally {
    Atomics.or(control, GATE, CLOSED);
    awaitChange(control, GATE, (gate) => gate !== CLOSED);
  }
  return Atomics.load(control, FAILED) === 0;
}

/** What a helper does for as long as it lives: waits for a job, enters it, works, leaves. */
export function serveJobs(control: Int32Array<SharedArrayBuffer>, runner: TaskRunner): never {
  let epoch = 0;
  for (;;) {
    const seen = epoch;
    epoch = awaitChange(control, EPOCH, (now) => now === seen);
    if (!enter(control)) continue;
    try {
      work(control, runner);
    } catch {
      Atomics.store(control, FAILED, 1);
    }
    Atomics.sub(control, GATE, 1);
    Atomics.notify(control, GATE);
  }
}

/** Counts this thread in, unless the gate is closed. */
function enter(control: Int32Array<SharedArrayBuffer>): boolean {
  for (;;) {
    const gate = Atomics.load(control, GATE);
    if ((gate & CLOSED) !== 0) return false;
    if (Atomics.compareExchange(control, GATE, gate, gate + 1) === gate) return true;
  }
}

function work(control: Int32Array<SharedArrayBuffer>, runner: TaskRunner): void {
  const piece = runner(control[TASK] as number, control.subarray(PARAMETERS));
  const total = control[TOTAL] as number;
  for (;;) {
    const index = Atomics.add(control, NEXT, 1);
    if (index >= total) return;
    piece(index);
  }
}

/** Waits while `same` holds for the word: first awake, then asleep. Returns the word. */
function awaitChange(
  control: Int32Array<SharedArrayBuffer>,
  word: number,
  same: (value: number) => boolean,
): number {
  for (let spin = 0; spin < SPINS; spin++) {
    const value = Atomics.load(control, word);
    if (!same(value)) return value;
  }
  for (;;) {
    const value = Atomics.load(control, word);
    if (!same(value)) return value;
    Atomics.wait(control, word, value);
  }
}
