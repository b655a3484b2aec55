import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEvents } from '../../packages/core/dist/run/event-log.js';
import { listCheckpoints } from '../../packages/core/dist/run/checkpoint-list.js';
import { RunDirectory } from '../../packages/core/dist/run/run-directory.js';
import { BEST, modelOf, SAVE_EXIT, saveStep, stateOf } from './checkpoint-model.js';
import {
  callsOn,
  saveTraced,
  wasInjected,
  type EndedTarget,
  type Fault,
  type SystemCall,
} from './system-calls.js';

let folder: string;
let oldEvents: string;
let calls: SystemCall[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmsr-faults-'));
  const pristine = new RunDirectory(join(folder, 'pristine'));
  await mkdir(pristine.checkpoints, { recursive: true });
  for (const step of [0, 1, 2]) await saveStep(pristine, step);
  oldEvents = await readFile(join(pristine.path, 'events.jsonl'), 'utf8');
  const directory = await fresh();
  const log = join(folder, 'log');
  expect(await saveTraced(directory, 3, log)).toEqual({ code: SAVE_EXIT.saved, signal: null });
  calls = await callsOn(directory, log);
  expect(calls.length).toBeGreaterThan(40);
  expect(await checkAfter(directory, { code: SAVE_EXIT.saved, signal: null })).toBe(3);
});
afterAll(() => rm(folder, { recursive: true }));

async function fresh(): Promise<string> {
  const directory = join(folder, 'run');
  await rm(directory, { recursive: true, force: true });
  await cp(join(folder, 'pristine'), directory, { recursive: true });
  return directory;
}

/** What must hold however a save ended; gives the step that is loaded. */
async function checkAfter(directory: string, { code, signal }: EndedTarget): Promise<number> {
  if (signal === null) expect([SAVE_EXIT.saved, SAVE_EXIT.refused]).toContain(code);
  await checkEvents(directory, code === SAVE_EXIT.saved);
  const run = new RunDirectory(directory);
  const told: string[] = [];
  const loaded = await run.newestCheckpoint(modelOf(), (message) => told.push(message));
  const step = loaded?.state.step ?? NaN;
  expect(told).toEqual([]);
  expect(await run.bestCheckpoint({ metric: 'psnr', count: 1 })).toEqual(BEST);
  expect([2, 3]).toContain(step);
  if (code === SAVE_EXIT.saved) expect(step).toBe(3);
  expect(loaded?.state).toEqual(stateOf(step));
  // The next save, as after a resume, finds nothing in its way.
  await saveStep(run, 3);
  await checkEvents(directory, true);
  expect((await run.newestCheckpoint(modelOf()))?.state).toEqual(stateOf(3));
  expect(await listCheckpoints(run.checkpoints)).toEqual([BEST.step, 2, 3]);
  return step;
}

/** Older lines are as they were, whole; the event of a save that says it went well is there, whole. */
async function checkEvents(directory: string, isSaved: boolean): Promise<void> {
  const path = join(directory, 'events.jsonl');
  const text = await readFile(path, 'utf8');
  expect(text.slice(0, oldEvents.length)).toBe(oldEvents);
  if (!isSaved) return;
  expect(text.endsWith('\n')).toBe(true);
  const event = { type: 'checkpoint', step: 3, path: 'checkpoints/3' };
  expect((await readEvents(path)).at(-1)).toMatchObject(event);
}

/** Other threads of Node may do a call more or fewer: then the fault missed its call, and it is tried again. */
async function saveWithFault(fault: Fault, log: string) {
  for (let attempts = 1; ; attempts++) {
    const directory = await fresh();
    const ended = await saveTraced(directory, 3, log, fault);
    const isInjected = await wasInjected(directory, log, fault);
    if (isInjected || attempts === 5) return { directory, ended, isInjected };
  }
}

/** Does a save with each fault in each call; the ends are counted. */
async function saveWith(faults: readonly string[], of: (call: SystemCall) => boolean) {
  const ends = new Map<string, number>();
  const faulty = calls.filter(of);
  const log = join(folder, 'log');
  for (const call of faulty) {
    for (const effect of faults) {
      const { directory, ended, isInjected } = await saveWithFault({ call, effect }, log);
      try {
        expect(isInjected).toBe(true);
        const step = await checkAfter(directory, ended);
        const how = ended.signal ?? (ended.code === SAVE_EXIT.saved ? 'saved' : 'refused');
        const end = `${how}, step ${step} loads`;
        ends.set(end, (ends.get(end) ?? 0) + 1);
      } catch (error) {
        const left = (await readdir(directory, { recursive: true })).join(' ');
        const where = `${effect} at ${call.name} ${call.nth} (${call.text})`;
        throw new Error(`${where}, ended ${JSON.stringify(ended)}: ${left}`, { cause: error });
      }
    }
  }
  const list = [...ends].map(([end, count]) => `${count} ${end}`).join('; ');
  process.stdout.write(`${faults.join(', ')} at ${faulty.length} system calls: ${list}\n`);
  return ends;
}

test('killed at every system call of a save, the old one or the new one loads', async () => {
  const ends = await saveWith(['signal=KILL'], () => true);
  expect([...ends.keys()].sort()).toEqual(['SIGKILL, step 2 loads', 'SIGKILL, step 3 loads']);
});

test('with every system call of a save failing, there is no false success, and the old one loads', async () => {
  const ends = await saveWith(['error=EIO', 'error=EACCES', 'error=ENOSPC'], () => true);
  // None of them is a crash of the process.
  const expected = ['refused, step 2 loads', 'refused, step 3 loads', 'saved, step 3 loads'];
  expect([...ends.keys()].sort()).toEqual(expected);
  expect(ends.get('refused, step 2 loads')).toBeGreaterThan(50);
}, 1_800_000);

test('a disk that takes less than it says is found out', async () => {
  const isWrite = ({ name }: SystemCall) => name === 'write';
  const ends = await saveWith(['retval=0', 'retval=1', 'retval=100'], isWrite);
  expect([...ends.keys()].sort()).toEqual(['refused, step 2 loads', 'refused, step 3 loads']);
  expect(ends.get('refused, step 2 loads')).toBeGreaterThan(9);
});

/** As a disk that fills up: no file grows beyond this many bytes. */
function saveLimited(directory: string, bytes: number): Promise<EndedTarget> {
  const target = fileURLToPath(new URL('./checkpoint-target.js', import.meta.url));
  const args = [`--fsize=${bytes}`, process.execPath, target, directory, '3'];
  return new Promise((resolve) => {
    const child = execFile('prlimit', args, (error) => {
      const { code = 0, signal = null } = (error ?? {}) as {
        code?: number;
        signal?: NodeJS.Signals;
      };
      resolve({ code, signal });
    });
    child.stdin?.end('go\n');
  });
}

test('files that cannot grow beyond any of 60 sizes: no false success, and the old one loads', async () => {
  const whole = 24_000;
  let refused = 0;
  for (let i = 0; i < 60; i++) {
    const directory = await fresh();
    const ended = await saveLimited(directory, Math.round((i * whole) / 59));
    const step = await checkAfter(directory, ended);
    expect(ended.signal).toBeNull();
    if (step === 2) refused++;
  }
  process.stdout.write(`60 limits of file size: ${refused} refused, ${60 - refused} saved\n`);
  expect(refused).toBeGreaterThan(20);
  expect(refused).toBeLessThan(60);
});
