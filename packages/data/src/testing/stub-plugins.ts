import { threadId } from 'node:worker_threads';
import {
  type Degradation,
  type DegradationPlugin,
  type Source,
  type SourcePlugin,
} from '@mmsr/core';
import { createRgbImage, defineDegradation, defineSource, MmsrError, Type } from '@mmsr/core';
import { imagesSource, openImages } from '../images/images-source.js';
import { MemoryBudget } from '../images/memory-budget.js';

const options = Type.Object({}, { additionalProperties: true });

/** A source that fails on what is right of `upTo`, as a damaged file would. */
export const faultySource: SourcePlugin = defineSource({
  name: 'faulty',
  apiVersion: 1,
  configSchema: Type.Object({ upTo: Type.Optional(Type.Integer()) }),
  create: ({ upTo }) => Promise.resolve(faulty('d', upTo)),
});

/** A source whose file is another one in every thread. */
export const changingSource: SourcePlugin = defineSource({
  name: 'changing',
  apiVersion: 1,
  configSchema: options,
  create: () => Promise.resolve(faulty(`thread ${threadId}`)),
});

function faulty(digest: string, upTo = 40): Source {
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
      x > upTo
        ? Promise.reject(new MmsrError('E_IMAGE', 'cannot be decoded', { advice: 'Mend it.' }))
        : Promise.resolve({ hr: createRgbImage(width, height) }),
    close: () => Promise.resolve(),
  };
}

/** Two images of which every tenth patch cannot be read; all others differ. */
export const crumblingSource: SourcePlugin = defineSource({
  name: 'crumbling',
  apiVersion: 1,
  configSchema: options,
  create: () => Promise.resolve(crumbling()),
});

function crumbling(): Source {
  const size = { widthPx: 100, heightPx: 100, magnification: 20 };
  const images = ['a.svs', 'b.svs'].map((id) => ({ id, group: id, digest: id, ...size }));
  return {
    images,
    read: (index, _magnification, { x, y, width, height }) => {
      if ((x + 3 * y) % 10 === 0) return Promise.reject(new MmsrError('E_IMAGE', 'torn'));
      const hr = createRgbImage(width, height);
      for (let i = 0; i < hr.data.length; i++) hr.data[i] = i * (index + 1) + x * 7 + y * 31;
      return Promise.resolve({ hr });
    },
    close: () => Promise.resolve(),
  };
}

/** `images` that keeps no decoded pixels: every patch is read from its file. */
export const filesSource: SourcePlugin = {
  ...imagesSource,
  name: 'files',
  create: (config, context) =>
    context.handedOver === undefined
      ? openImages(config as Parameters<typeof openImages>[0], context, new MemoryBudget(0))
      : imagesSource.create(config as never, context),
};

/** How a thread dies when it reads the first image. */
export type Death = 'throw' | 'exit' | 'memory';

const DEATHS: Record<Death, () => void> = {
  throw: () => {
    // Nobody waits for this, as for a callback of a library.
    setImmediate(() => {
      throw new Error('segment not mapped');
    });
  },
  exit: () => process.exit(3),
  memory: () => {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from({ length: 1000 }, (_, i) => i + 0.5));
  },
};

/** A source that ends the thread it is read in, in one of three ways. */
export const dyingSource: SourcePlugin = defineSource({
  name: 'dying',
  apiVersion: 1,
  configSchema: Type.Object({ death: Type.String() }),
  create: ({ death }) =>
    Promise.resolve({
      ...faulty('d'),
      read: () => {
        DEATHS[death as Death]();
        return new Promise<never>(() => undefined);
      },
    }),
});

/** A degradation that fails, as one with a fault in its program would. */
export const failingDegradation: DegradationPlugin = defineDegradation({
  name: 'failing',
  apiVersion: 1,
  configSchema: options,
  create: (): Degradation => ({ degrade: () => Promise.reject(new Error('no such kernel')) }),
});

/** Loading threads look here for them, so each must be in the list. */
export const stubPlugins = [
  faultySource,
  changingSource,
  crumblingSource,
  filesSource,
  dyingSource,
  failingDegradation,
];
