import fc from 'fast-check';
import { readSafetensors, writeSafetensors } from '@mmsr/core';
import { fuzzFiles, wellFormedFile } from './safetensors-fuzz.js';

test('3,000 hostile files are read or refused, by one kind of error', async () => {
  expect((await fuzzFiles({ numRuns: 3000 })).files).toBe(3000);
});

test('what is written is read, whatever the names and shapes', () => {
  const isSame = (bytes: Uint8Array) => {
    const { tensors } = readSafetensors(bytes, 'written');
    expect(readSafetensors(writeSafetensors(tensors), 'again').tensors).toEqual(tensors);
  };
  fc.assert(fc.property(wellFormedFile, isSame), { numRuns: 300 });
});
