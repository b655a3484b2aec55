import { meansByGroup, type GroupedSample, type SeedSample } from './bootstrap.js';
import { pairImages, type CellPair, type ImageDifference, type Metric } from './pair-images.js';

/** Paired differences of one metric, by seed and group. */
export interface PairedSample extends GroupedSample {
  /** Mean over the images of all seeds. */
  readonly difference: number;
  /** Mean over the images of a group: over all seeds where they share their groups, else by seed. */
  readonly groupMeans: readonly number[];
  /** Images of one seed, or their mean number when seeds differ in it. */
  readonly images: number;
  /** Images of all seeds whose values are missing or not finite. */
  readonly leftOut: number;
}

/**
 * Gathers the pairs of one comparison, one for each seed.
 * @param magnification only images of it, or all
 * @returns undefined when no image has the metric
 * @throws MmsrError E_RUN_DIRECTORY when a pair was not tested on the same images
 */
export function pairedSample(
  pairs: readonly CellPair[],
  metric: Metric,
  magnification: number | 'all',
): PairedSample | undefined {
  const bySeed = pairs.map((pair) => {
    const chosen = pairImages(pair, metric).filter(
      (image) => magnification === 'all' || image.magnification === magnification,
    );
    const images = chosen.filter(({ difference }) => difference !== null);
    return { pair, images, leftOut: chosen.length - images.length };
  });
  const used = bySeed.filter(({ images }) => images.length > 0);
  if (used.length === 0) return undefined;
  const sharedGroups = new Set(used.map(({ pair }) => pair.cell.testContent)).size === 1;
  const allGroups = groupsOf(used.flatMap(({ images }) => images));
  const seeds = used.map(({ pair, images }) =>
    sumByGroup(pair.cell.seed, images, sharedGroups ? allGroups : groupsOf(images)),
  );
  const total = (of: (seed: SeedSample) => Float64Array) =>
    seeds.reduce((sum, seed) => of(seed).reduce((a, b) => a + b, sum), 0);
  const count = total(({ counts }) => counts);
  return {
    seeds,
    sharedGroups,
    difference: total(({ sums }) => sums) / count,
    groupMeans: meansByGroup({ seeds, sharedGroups }),
    images: count / seeds.length,
    leftOut: bySeed.reduce((sum, { leftOut }) => sum + leftOut, 0),
  };
}

function groupsOf(images: readonly ImageDifference[]): string[] {
  return [...new Set(images.map(({ group }) => group))].sort();
}

function sumByGroup(
  seed: number,
  images: readonly ImageDifference[],
  groups: readonly string[],
): SeedSample {
  const places = new Map(groups.map((group, index) => [group, index]));
  const sums = new Float64Array(groups.length);
  const counts = new Float64Array(groups.length);
  for (const { group, difference } of images) {
    const place = places.get(group) as number;
    sums[place] = (sums[place] as number) + (difference as number);
    counts[place] = (counts[place] as number) + 1;
  }
  return { seed, sums, counts };
}
