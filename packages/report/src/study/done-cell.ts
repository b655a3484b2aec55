import { createHash } from 'node:crypto';
import {
  canonical,
  MmsrError,
  type CellResults,
  type Json,
  type JsonObject,
  type Manifest,
} from '@mmsr/core';
import type { TestedCell } from '../statistics/pair-images.js';

/** A cell with results. */
export interface DoneCell extends TestedCell {
  readonly settings: Readonly<Record<string, Json>>;
  readonly manifest: Manifest;
  readonly results: CellResults;
}

/** @throws MmsrError E_RUN_DIRECTORY when the manifest is not one */
export function toDoneCell(
  cell: string,
  where: string,
  manifest: Manifest | undefined,
  results: CellResults,
): DoneCell {
  if (
    manifest?.experiment?.data?.test === undefined ||
    !Array.isArray(manifest.data?.test?.images)
  ) {
    throw new MmsrError('E_RUN_DIRECTORY', 'has results, but no manifest.json that fits them', {
      where,
      advice: 'Run the cell again in a new folder.',
    });
  }
  return {
    cell,
    seed: results.seed,
    settings: (manifest.settings ?? {}) as Record<string, Json>,
    images: results.images,
    testContent: testContent(manifest, results),
    manifest,
    results,
  };
}

/**
 * What is done to the colours of test patches, references by their content. Training may do more, which
 * belongs to the method.
 */
function testTransforms({ experiment, references = {} }: Manifest): Json {
  // Manifests of before there were transforms have none.
  const transforms = experiment.data.transforms ?? [];
  return transforms.map((one) => ({ ...one, reference: references[one.reference] ?? null }));
}

/** What the cell was tested on: files, regions, patches, their colours and how LR came from them. */
function testContent(manifest: Manifest, { images, scale }: CellResults): string {
  const { data, experiment } = manifest;
  const files = data.test?.images.map(({ id, digest, region }) =>
    [id, digest, canonical((region ?? null) as Json)].join('\n'),
  );
  const places = images.map(({ id, magnification }) => `${id}\n${magnification}`);
  const { patchPx } = experiment.data.test;
  const degradation = experiment.data.degradation as unknown as JsonObject;
  const text = canonical([
    [...(files ?? [])].sort(),
    [...places].sort(),
    patchPx,
    testTransforms(manifest),
    degradation,
    scale,
  ]);
  return createHash('sha256').update(text).digest('hex');
}

/**
 * What must be equal for numbers to stand side by side. Which weights are measured belongs to the method, not
 * to the measuring.
 */
export function measuring({ results, manifest }: DoneCell): Record<string, Json> {
  const { color, cropPx, rounding, dataRange, psnr, ssim, bicubic } = results.protocol;
  const protocol = { color, cropPx, rounding, dataRange, psnr, ssim, bicubic };
  const known = Object.entries(protocol).map(([key, value]) => [key, value ?? null]);
  const { degradation, test } = manifest.experiment.data;
  return {
    scale: results.scale,
    ...(Object.fromEntries(known) as Record<string, Json>),
    patchPx: test.patchPx,
    transforms: testTransforms(manifest),
    degradation: degradation as unknown as Json,
  };
}
