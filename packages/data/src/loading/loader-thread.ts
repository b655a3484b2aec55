import { parentPort, workerData } from 'node:worker_threads';
import { MmsrError, type Source } from '@mmsr/core';
import { BatchMaker, type BatchBytes } from '../patches/batch-maker.js';
import { PatchSampler } from '../patches/patch-sampler.js';
import { PartSource } from '../splits/part-source.js';
import {
  LAST_PATCH,
  type LoaderReply,
  type LoaderRequest,
  type LoaderTask,
} from './loader-task.js';
import { importPlugin } from './plugin-lookup.js';
import { packError } from './thread-errors.js';

/* A loading thread: opens the source for itself and makes the batches it is asked for, one by one. */

async function openSource({ source, sourceContext, part, digests }: LoaderTask): Promise<Source> {
  const plugin = await importPlugin(source);
  const whole = await plugin.create(source.options, sourceContext);
  const opened = part === undefined ? whole : new PartSource(whole, part);
  if (opened.images.map(({ digest }) => digest).join() === digests.join()) return opened;
  await opened.close();
  throw new MmsrError('E_DATA', 'the images are not what they were when they were checked', {
    where: `source ${source.name}`,
    advice: 'Did a file change meanwhile?',
  });
}

async function createMaker(task: LoaderTask, source: Source): Promise<BatchMaker> {
  const { sampler, sourceContext, degradation, transforms, lastPatch, onBadPatch } = task;
  const { scale } = sourceContext;
  const plugin = await importPlugin(degradation);
  const maker = {
    source,
    degradation: plugin.create(degradation.options, { scale }),
    patchPx: sampler.patchPx,
    scale,
    transforms,
  };
  return new BatchMaker(
    maker,
    new PatchSampler(source, sampler),
    onBadPatch,
    (batch, slot, attempt) => {
      lastPatch[LAST_PATCH.batch] = batch;
      lastPatch[LAST_PATCH.slot] = slot;
      lastPatch[LAST_PATCH.attempt] = attempt;
    },
  );
}

const port = parentPort;
const task = workerData as LoaderTask;
const opening = openSource(task);
const making = opening.then((source) => createMaker(task, source));
// Whoever asks for a batch gets the error; until then it is nobody's.
making.catch(() => undefined);

let isClosing = false;
let work = Promise.resolve();

async function make(batch: number): Promise<void> {
  if (isClosing) return;
  const reply: LoaderReply = await making
    .then((maker) => maker.fill(batch, task.ring[batch % task.ring.length] as BatchBytes))
    .then(
      (skipped) => ({ batch, skipped }),
      (error: unknown) => ({ batch, error: packError(error) }),
    );
  port?.postMessage(reply);
}

async function close(): Promise<void> {
  const source = await opening.catch(() => undefined);
  await source?.close();
  port?.close();
}

port?.on('message', (request: LoaderRequest) => {
  if (request === 'close') {
    isClosing = true;
    work = work.then(close);
  } else {
    work = work.then(() => make(request.batch));
  }
});
