import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisProcess, writeOwner } from '../native-parts/owner.js';
import { deadPid, firstOutput, startHolder } from '../testing/part-process.js';
import { BEAT_FILE, startHeartbeat } from './heartbeat.js';
import { RunDirectory } from './run-directory.js';
import { RunLock, type RunOwner } from './run-lock.js';

let folder: string;
let directory: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmsr-run-lock-'));
  directory = join(folder, 'cell');
  lock = join(folder, '.cell.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const HOLDER = { id: 'theirs', host: 'node7', since: '2026-01-02T03:04:05.000Z' };

async function lockOf(owner: Partial<RunOwner>): Promise<void> {
  await mkdir(lock);
  await writeOwner(lock, { ...thisProcess(), ...HOLDER, ...owner } as RunOwner);
  await writeFile(join(lock, BEAT_FILE), '1');
}

const pidOf = async () =>
  (JSON.parse(await readFile(join(lock, 'owner.json'), 'utf8')) as RunOwner).pid;

test('is beside the run directory while it is held, and leaves nothing', async () => {
  const held = await RunLock.take(directory);
  await held.assertHeld();
  expect(await readdir(folder)).toEqual(['.cell.lock']);
  await held.release();
  expect(await readdir(folder)).toEqual([]);
});

test('a second process is refused and told who has it; once that is killed it gets it', async () => {
  const holder = startHolder(directory);
  expect(await firstOutput(holder)).toBe('held');
  const refused = RunLock.take(directory);
  await expect(refused).rejects.toMatchObject({ code: 'E_RUN_LOCKED', where: lock });
  await expect(refused).rejects.toThrow(`process ${holder.pid} on `);
  holder.kill('SIGKILL');
  await once(holder, 'close');
  const held = await RunLock.take(directory);
  expect(await pidOf()).toBe(process.pid);
  await held.release();
});

test('a second run of the same process is refused too', async () => {
  const held = await RunLock.take(directory);
  await expect(RunLock.take(directory)).rejects.toMatchObject({ code: 'E_RUN_LOCKED' });
  await held.release();
});

test.each([
  ['a dead process', () => ({ pid: deadPid(), started: undefined })],
  ['a process whose number was given again', () => ({ started: '1' })],
])('the lock of %s is taken over at once', async (_, owner) => {
  await lockOf(owner());
  const pause = () => Promise.reject(new Error('waits'));
  await (await RunLock.take(directory, { pause })).release();
});

test('another machine is given up when its heart does not beat', async () => {
  await lockOf({ place: 'elsewhere' });
  let pauses = 0;
  const told: string[] = [];
  const held = await RunLock.take(directory, {
    pause: async () => void pauses++,
    onWait: (message) => told.push(message),
  });
  expect(pauses).toBe(40);
  expect(told).toEqual([
    expect.stringContaining(`process ${process.pid} on node7 since 2026-01-02`),
  ]);
  await held.release();
});

test('another machine whose heart beats keeps its lock', async () => {
  await lockOf({ place: 'elsewhere' });
  let pauses = 0;
  const pause = async () => {
    if (++pauses === 7) await writeFile(join(lock, BEAT_FILE), '2');
  };
  await expect(RunLock.take(directory, { pause })).rejects.toThrow('on node7');
  expect(pauses).toBe(7);
});

test.each([new Date('1971-01-01'), new Date('2099-01-01')])(
  'a clock that jumped to %s decides nothing',
  async (date) => {
    await lockOf({ since: date.toISOString() });
    for (const name of ['', 'owner.json', BEAT_FILE]) await utimes(join(lock, name), date, date);
    await expect(RunLock.take(directory)).rejects.toMatchObject({ code: 'E_RUN_LOCKED' });
    await writeOwner(lock, { ...thisProcess(), ...HOLDER, pid: deadPid() } as RunOwner);
    await (await RunLock.take(directory)).release();
  },
);

test('whoever lost the lock writes nothing more, and does not release that of the other', async () => {
  const run = new RunDirectory(directory);
  await run.lock();
  await mkdir(directory);
  await run.record({ type: 'state', state: 'started', step: 0 });
  await rm(lock, { recursive: true });
  await lockOf({ place: 'elsewhere' });
  await expect(run.record({ type: 'state', state: 'done', step: 1 })).rejects.toThrow(
    'now held by process',
  );
  await run.unlock();
  expect((await readdir(folder)).sort()).toEqual(['.cell.lock', 'cell']);
});

test('what killed processes left beside the lock is removed', async () => {
  for (const [name, pid] of [
    ['dead00', deadPid()],
    ['living', process.pid],
  ] as const) {
    await mkdir(`${lock}.${name}`);
    await writeOwner(`${lock}.${name}`, { ...thisProcess(), pid });
  }
  await (await RunLock.take(directory)).release();
  expect(await readdir(folder)).toEqual(['.cell.lock.living']);
});

test('the heart beats while the lock is its owner’s', async () => {
  await lockOf({});
  const owner = await readFile(join(lock, 'owner.json'), 'utf8');
  const changes = watch(lock);
  const stop = startHeartbeat({ lock, ownerFile: 'owner.json', owner, beatMs: 1 });
  const beats = new Set<string>();
  for await (const { filename } of changes) {
    if (filename === BEAT_FILE) beats.add(await readFile(join(lock, BEAT_FILE), 'utf8'));
    if (beats.size > 3) break;
  }
  await stop();
});

test('a lock whose owner cannot be read is not taken over', async () => {
  // As with EACCES or EIO: nothing is known of who holds it.
  await mkdir(join(lock, 'owner.json'), { recursive: true });
  await expect(RunLock.take(directory)).rejects.toMatchObject({
    code: 'E_FILE',
    where: join(lock, 'owner.json'),
  });
  expect(await readdir(folder)).toEqual(['.cell.lock']);
});

test('a folder that cannot be written is an error that names it', async () => {
  await writeFile(join(folder, 'file'), '');
  const inFile = join(folder, 'file', 'cell');
  await expect(RunLock.take(inFile)).rejects.toMatchObject({ code: 'E_FILE', where: inFile });
});
