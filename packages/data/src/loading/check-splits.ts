import { MmsrError, type Region, type SourceImage, type Split } from '@mmsr/core';

/** A split's images and what is asked of them. */
export interface SplitImages {
  readonly split: Split;
  readonly images: readonly SourceImage[];
  readonly magnifications: readonly number[];
}

/**
 * Magnifications cannot be raised: detail that was not seen is not there. Where a source holds several
 * magnifications, an image that cannot give one is left out there instead.
 */
export function magnificationProblems({ split, images, magnifications }: SplitImages): MmsrError[] {
  return images.flatMap(({ id, magnification: native, serves }) => {
    if (serves !== undefined) return [];
    const above = magnifications.filter((asked) => asked > native);
    if (above.length === 0) return [];
    const asked = above.map((one) => `${one}x`).join(', ');
    return [
      new MmsrError(
        'E_DATA',
        `its native magnification is ${native}x, data.${split}.magnifications asks for ${asked}`,
        { where: id, advice: 'Ask for lower ones or leave the image out.' },
      ),
    ];
  });
}

/**
 * Pixels or patients that are in two splits: what is tested on must not have been trained on.
 * @param disjointRegions regions of one slide may be in two splits where they do not overlap
 */
export function leakProblems(
  splits: readonly SplitImages[],
  disjointRegions: boolean,
): MmsrError[] {
  return splits.flatMap((a, i) =>
    splits
      .slice(i + 1)
      .flatMap((b) => [...sharedPixels(a, b), ...sharedGroups(a, b, disjointRegions)]),
  );
}

function sharedPixels(a: SplitImages, b: SplitImages): MmsrError[] {
  return a.images.flatMap((image) => {
    const twin = b.images.find(
      (other) => other.digest === image.digest && overlap(image.region, other.region),
    );
    if (twin === undefined) return [];
    const alias = twin.id === image.id ? '' : `, there as ${twin.id},`;
    return [
      new MmsrError('E_DATA', `is in ${a.split} and${alias} in ${b.split}`, {
        where: image.id,
        advice:
          'Take it out of one of them, or give each a `region` of its own and say so with ' +
          '`data.disjointRegions: true`.',
      }),
    ];
  });
}

/** Without what `sharedPixels` tells. */
function sharedGroups(a: SplitImages, b: SplitImages, disjointRegions: boolean): MmsrError[] {
  return a.images.flatMap((image) => {
    const other = b.images.find(({ group, digest, region }) => {
      if (group !== image.group) return false;
      if (digest !== image.digest) return true;
      return !disjointRegions && !overlap(region, image.region);
    });
    if (other === undefined) return [];
    const isRegion = other.digest === image.digest;
    const which = isRegion ? 'another region of it' : other.id;
    return [
      new MmsrError(
        'E_DATA',
        `is of the group "${image.group}" in ${a.split}, and so is ${which} in ${b.split}`,
        {
          where: image.id,
          advice:
            'All images of one slide or patient belong into one split' +
            (isRegion
              ? '; regions that do not overlap may be in several with `data.disjointRegions: true`.'
              : '.'),
        },
      ),
    ];
  });
}

function overlap(a: Region | undefined, b: Region | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
