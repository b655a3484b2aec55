import { MmsrError } from '../errors.js';
import { failedAllocation, memoryOfImage, memoryOfStep, withinMemory } from './out-of-memory.js';

const OOM = 'OOM when allocating tensor with shape[1000,1000,500] and type float on CPU:0';

test.each([
  [`Invalid TF_Status: 8\nMessage: ${OOM}\nmore`, `Message: ${OOM} (2 GB)`],
  ['Array buffer allocation failed', 'Array buffer allocation failed'],
  ['Invalid typed array length: 8589934592', 'Invalid typed array length: 8589934592'],
  ['WebAssembly.Memory(): could not allocate memory', /could not allocate/],
  ['std::bad_alloc', 'std::bad_alloc'],
])('%s is a failed allocation', (message, told) => {
  const found = failedAllocation(new Error(message));
  if (typeof told === 'string') expect(found).toBe(told);
  else expect(found).toMatch(told);
});

test.each(['Incompatible shapes: [3] vs. [4]', 'Invalid typed array length: -1'])(
  '%s is another fault',
  (message) => expect(failedAllocation(new Error(message))).toBeUndefined(),
);

test('a step that finds no memory says which, how much, and what to lower', async () => {
  const batch = {
    ...{ count: 16, lrPx: 48, hrPx: 96, lr: new Float32Array(), hr: new Float32Array() },
    magnification: new Int32Array(),
  };
  const failing = withinMemory(memoryOfStep(7, [batch]), () => {
    throw new MmsrError('E_OUT_OF_MEMORY', 'no 900 MiB left', { advice: 'Use another engine.' });
  });
  await expect(failing).rejects.toMatchObject({
    code: 'E_OUT_OF_MEMORY',
    message: 'memory ran out in step 7, a batch of 16 patches of 96 px: no 900 MiB left',
    advice: expect.stringMatching(
      /^Lower training\.batchSize .*patchPx.* blocks .*Use another engine\.$/,
    ) as string,
  });
});

test('an image that finds no memory is named with its size', async () => {
  const failing = withinMemory(memoryOfImage('slide 20x', 4096, 2048), () =>
    Promise.reject(new RangeError('Array buffer allocation failed')),
  );
  await expect(failing).rejects.toThrow(
    'memory ran out in the evaluation of slide 20x, 4096 x 2048 px: Array buffer allocation failed',
  );
});

test('what works and other errors pass as they are', async () => {
  const use = memoryOfStep(1, []);
  await expect(withinMemory(use, () => Promise.resolve(3))).resolves.toBe(3);
  const other = new Error('another fault');
  await expect(withinMemory(use, () => Promise.reject(other))).rejects.toBe(other);
});
