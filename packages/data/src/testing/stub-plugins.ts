import { threadId } from 'node:worker_threads';
import {
  type Degradation,
  type DegradationPlugin,
  type Source,
  type SourcePlugin,
} from '@mmsr/core';
import { createRgbImage, defineDegradation, defineSource, MmsrError, Type } from '@mmsr/core';

const options = Type.Object({}, { additionalProperties: true });

/** A source that fails on what is right of x = 40, as a damaged file would. */
export const faultySource: SourcePlugin = defineSource({
  name: 'faulty',
  apiVersion: 1,
  configSchema: options,
  create: () => Promise.resolve(faulty('d')),
});

/** A source whose file is another one in every thread. */
export const changingSource: SourcePlugin = defineSource({
  name: 'changing',
  apiVersion: 1,
  configSchema: options,
  create: () => Promise.resolve(faulty(`thread ${threadId}`)),
});

function faulty(digest: string): Source {
  const image = {
    id: 'damaged.svs',
    group: 'damaged.svs',
    widthPx: 100,
    heightPx: 100,
    magnification: 20,
    digest,
  };
  return {
    images: [image],
    read: (_index, _magnification, { x, width, height }) =>
      x > 40
        ? Promise.reject(new MmsrError('E_IMAGE', 'cannot be decoded', { advice: 'Mend it.' }))
        : Promise.resolve({ hr: createRgbImage(width, height) }),
    close: () => Promise.resolve(),
  };
}

/** A degradation that ends the thread it runs in. */
export const endingDegradation: DegradationPlugin = defineDegradation({
  name: 'ending',
  apiVersion: 1,
  configSchema: options,
  create: (): Degradation => ({ degrade: () => process.exit(3) }),
});
