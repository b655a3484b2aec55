import { appendFile, mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventLog, readEvents } from './event-log.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmsr-events-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const event = (step: number) => ({ time: 1, type: 'state', state: 'started', step }) as const;

test('a line cut off at any byte spoils no other', async () => {
  await new EventLog(path).append(event(1));
  const whole = (await readFile(path)).length;
  for (let cut = 1; cut < whole; cut++) {
    await rm(path);
    const log = new EventLog(path);
    await log.append(event(1));
    await log.append(event(2));
    await truncate(path, whole + cut);
    await new EventLog(path).append(event(3));
    const steps = (await readEvents(path)).map(({ step }) => step);
    expect(steps).toEqual(cut === whole - 1 ? [1, 2, 3] : [1, 3]);
  }
});

test('lines of other kinds are passed over', async () => {
  await appendFile(path, 'null\n[]\n"type"\n{}\n\n{"type":');
  await new EventLog(path).append(event(1));
  expect(await readEvents(path)).toEqual([event(1)]);
});

test('where there is no file there are no events', async () => {
  expect(await readEvents(path)).toEqual([]);
});

test('a folder that vanished is an error that names the file', async () => {
  const log = new EventLog(path);
  await log.append(event(1));
  await rm(folder, { recursive: true });
  await expect(log.append(event(2))).rejects.toMatchObject({ code: 'E_FILE', where: path });
});
