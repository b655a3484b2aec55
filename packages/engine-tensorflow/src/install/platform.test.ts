import { MmsrError } from '@mmsr/core';
import { chooseBuild, partKey } from './platform.js';
import { CPU_BUILDS, GPU_BUILDS } from './wheels.js';

const GLIBC = '2.36';

test('Linux on both processors and macOS on Apple’s have a build', () => {
  const names = (platform: string) =>
    chooseBuild(false, { platform, glibc: GLIBC }).wheels.map(({ name }) => name);
  expect(names('linux-x64')).toEqual(['tensorflow-cpu']);
  expect(names('linux-arm64')).toEqual(['tensorflow']);
  expect(names('darwin-arm64')).toEqual(['tensorflow']);
});

test('the GPU build has TensorFlow and the CUDA libraries, cuDNN among them', () => {
  const { wheels } = chooseBuild(true, { platform: 'linux-x64', glibc: GLIBC });
  const names = wheels.map(({ name }) => name);
  expect(names[0]).toBe('tensorflow');
  expect(names).toContain('nvidia-cudnn-cu12');
  expect(names).toContain('nvidia-cublas-cu12');
});

test('elsewhere the message says where there is one', () => {
  const choose = (gpu: boolean, platform: string) => () =>
    chooseBuild(gpu, { platform, glibc: undefined });
  expect(choose(false, 'win32-x64')).toThrow(
    'TensorFlow has no build for win32-x64, only for linux-x64, linux-arm64, darwin-arm64',
  );
  expect(choose(true, 'darwin-arm64')).toThrow('no GPU build for darwin-arm64, only for linux-x64');
  expect(choose(false, 'darwin-x64')).toThrow(MmsrError);
});

test('Linux without glibc, or with an old one, is refused', () => {
  const choose = (glibc: string | undefined) => () =>
    chooseBuild(false, { platform: 'linux-x64', glibc });
  expect(choose(undefined)).toThrow('needs glibc 2.27 or later, and here is another C library');
  expect(choose('2.17')).toThrow('and here is glibc 2.17');
  expect(choose('2.27')).not.toThrow();
  expect(choose('3.0')).not.toThrow();
});

test('the folder is called by versions, platform and build', () => {
  expect(partKey(false, 'linux-x64')).toBe('tensorflow-2.21.0-tfjs-4.22.0-linux-x64-r1');
  expect(partKey(true, 'linux-x64')).toBe('tensorflow-2.21.0-tfjs-4.22.0-linux-x64-gpu-r1');
});

test('every wheel is pinned by a digest of its own', () => {
  const builds = [...Object.values(CPU_BUILDS), ...Object.values(GPU_BUILDS)];
  const digests = builds.flatMap(({ wheels }) => wheels.map(({ sha256 }) => sha256));
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(digests).size).toBe(digests.length);
});
