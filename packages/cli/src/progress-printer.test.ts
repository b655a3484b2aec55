import type { Progress } from '@mmsr/core';
import { duration, ProgressPrinter } from './progress-printer.js';

const step = (number: number): Progress => ({
  phase: 'train',
  step: number,
  steps: 10,
  losses: { loss: 1, superResolution: 0.5, magnification: 1.25 },
  patchesPerSecond: 12.34,
  secondsLeft: 61,
  waiting: 0.5,
});

function printer(isTTY: boolean) {
  const written: string[] = [];
  let nowMs = 0;
  const output = { isTTY, columns: 200, write: (text: string) => written.push(text) };
  const shown = new ProgressPrinter(output, () => nowMs);
  return { shown, written, wait: (ms: number) => (nowMs += ms) };
}

test('without a terminal: the first step, then a line now and then, and the last', () => {
  const { shown, written, wait } = printer(false);
  shown.show('main', step(1));
  shown.show('main', step(2));
  wait(10_000);
  shown.show('main', step(3));
  shown.show('main', step(10));
  expect(written.map((line) => /step (\d+)/.exec(line)?.[1])).toEqual(['1', '3', '10']);
  expect(written[0]).toBe(
    'main: step 1/10, superResolution 0.5000, magnification 1.2500, 12.3 patches/s, waiting for data 50 %, 1 min 01 s left\n',
  );
});

test('how long it takes is not said before it is known', () => {
  const { shown, written } = printer(false);
  shown.show('main', { ...(step(1) as Progress & { phase: 'train' }), secondsLeft: undefined });
  expect(written[0]).toMatch(/waiting for data 50 %\n$/);
});

test('on a terminal one line is rewritten, and messages stand on their own', () => {
  const { shown, written } = printer(true);
  shown.show('main', step(1));
  shown.show('main', { phase: 'message', level: 'warning', text: 'careful' });
  expect(written[0]?.startsWith('\r\x1b[Kmain: step 1/')).toBe(true);
  expect(written[0]).not.toContain('\n');
  expect(written[1]).toBe('\r\x1b[Kmain: warning: careful\n');
});

test('validation shows both metrics beside bicubic', () => {
  const { shown, written } = printer(false);
  const metrics = { psnrDb: 30, ssim: 0.9 };
  const bicubic = { psnrDb: 29, ssim: 0.8 };
  shown.show('main', { phase: 'validated', step: 5, metrics, bicubic, accuracy: 0.75 });
  expect(written).toEqual([
    'main: validation at step 5: PSNR 30.00 dB (bicubic 29.00), SSIM 0.9000 (bicubic 0.8000), magnification accuracy 75.0 %\n',
  ]);
});

test.each([
  [12.2, '12 s'],
  [127, '2 min 07 s'],
  [59.7, '1 min 00 s'],
  [3900, '1 h 05 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
