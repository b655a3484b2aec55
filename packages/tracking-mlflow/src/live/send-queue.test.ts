import { MlflowError } from '../client/mlflow-error.js';
import { pauseAfter, SendQueue } from './send-queue.js';

const failing = new MlflowError('the server fails', { consequence: 'again' });

/** A queue whose pauses are over at once, and what it did. */
function queueOf(send: (isLast: boolean, call: number) => Promise<void>, finishMs = 60000) {
  const stop = new AbortController();
  const [calls, messages, pausesMs]: [boolean[], string[], number[]] = [[], [], []];
  const queue = new SendQueue({
    send: (isLast) => {
      calls.push(isLast);
      return send(isLast, calls.length);
    },
    stop,
    finishMs,
    onMessage: (level, text) => messages.push(`${level}: ${text}`),
    pause: async (ms) => void pausesMs.push(ms),
  });
  return { queue, stop, calls, messages, pausesMs };
}

test('sends once for all that came, and once more at the end', async () => {
  const { queue, calls } = queueOf(async (_, call) => {
    if (call === 1) for (let i = 0; i < 5; i++) queue.poke();
    if (call === 2) queue.finish();
  });
  expect(await queue.run()).toBe(true);
  expect(calls).toEqual([false, false, true]);
});

test('a server that fails is asked again, later and later, and one message says so', async () => {
  const { queue, calls, messages, pausesMs } = queueOf(async (_, call) => {
    if (call <= 4) throw failing;
    queue.finish();
  });
  expect(await queue.run()).toBe(true);
  expect(calls.length).toBe(6);
  expect(messages).toEqual([
    expect.stringContaining('warning: mlflow: the server fails'),
    'info: mlflow: the server answers again',
  ]);
  const [, first, , , fourth] = pausesMs as [number, number, number, number, number];
  expect(first).toBeLessThanOrEqual(1000);
  expect(fourth).toBeGreaterThanOrEqual(4000);
});

test('nothing more is sent to a server that lets nobody in', async () => {
  const denied = new MlflowError('401', { consequence: 'halt' });
  const { queue, calls, messages } = queueOf(() => Promise.reject(denied));
  expect(await queue.run()).toBe(false);
  expect(calls.length).toBe(1);
  expect(messages.join()).toContain('nothing more is sent');
});

test('the end waits for a server that hangs no longer than it may', async () => {
  const { queue, stop } = queueOf(
    () => new Promise((_, reject) => stop.signal.addEventListener('abort', () => reject(failing))),
    50,
  );
  const run = queue.run();
  queue.finish();
  expect(await run).toBe(false);
});

test('pauses double up to a minute, and longer where the server asks', () => {
  expect(pauseAfter(1, failing)).toBeLessThanOrEqual(1000);
  expect(pauseAfter(4, failing)).toBeGreaterThanOrEqual(4000);
  expect(pauseAfter(30, failing)).toBeLessThanOrEqual(60000);
  const busy = new MlflowError('429', { consequence: 'again', retryAfterMs: 7000 });
  expect(pauseAfter(1, busy)).toBe(7000);
});
