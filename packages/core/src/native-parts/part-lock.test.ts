import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadPid } from '../testing/part-process.js';
import { thisProcess, writeOwner, type Owner } from './owner.js';
import { lockPart } from './part-lock.js';

let cache: string;
let lock: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'mmsr-lock-'));
  lock = join(cache, '.part-1.lock');
});
afterEach(() => rm(cache, { recursive: true }));

const refuseToWait = () => {
  throw new Error('waits');
};

async function lockOf(owner: Partial<Owner>): Promise<void> {
  await mkdir(lock);
  await writeOwner(lock, { ...thisProcess(), ...owner });
}

test('leaves nothing behind when it is released', async () => {
  const release = await lockPart(cache, 'part-1', { onWait: refuseToWait });
  expect(await readdir(cache)).toEqual(['.part-1.lock']);
  await release();
  expect(await readdir(cache)).toEqual([]);
});

test('a second one waits for the first and is told who that is', async () => {
  const releaseFirst = await lockPart(cache, 'part-1', { onWait: refuseToWait });
  let firstHasIt = true;
  const waiting: { second?: Promise<boolean> } = {};
  const holder = await new Promise<Owner>((onWait) => {
    waiting.second = lockPart(cache, 'part-1', { onWait }).then(async (release) => {
      await release();
      return firstHasIt;
    });
  });
  expect(holder.pid).toBe(process.pid);
  firstHasIt = false;
  await releaseFirst();
  expect(await waiting.second).toBe(false);
});

test('locks of other keys are not waited for', async () => {
  await lockPart(cache, 'part-1', { onWait: refuseToWait });
  await lockPart(cache, 'part-2', { onWait: refuseToWait });
});

test('waiting ends when it is aborted', async () => {
  await lockPart(cache, 'part-1', { onWait: refuseToWait });
  const controller = new AbortController();
  const waiting = lockPart(cache, 'part-1', {
    onWait: () => controller.abort(),
    signal: controller.signal,
  });
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

test.each([
  ['a dead process', () => ({ pid: deadPid(), started: undefined })],
  ['a process whose number another one has now', () => ({ started: 'long ago' })],
  ['another container', () => ({ place: 'elsewhere' })],
])('the lock of %s is taken over', async (_, owner) => {
  await lockOf(owner());
  const release = await lockPart(cache, 'part-1', { onWait: refuseToWait });
  await release();
  expect(await readdir(cache)).toEqual([]);
});

test('a lock that says nothing is taken over', async () => {
  await mkdir(lock);
  await writeFile(join(lock, 'owner.json'), '');
  await lockPart(cache, 'part-1', { onWait: refuseToWait });
});
