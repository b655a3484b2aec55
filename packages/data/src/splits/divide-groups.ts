import { createHash } from 'node:crypto';
import { MmsrError, type SourceImage, type Split } from '@mmsr/core';

/** A split that takes a part of the groups. */
export interface Share {
  readonly split: Split;
  /** Above 0, at most 1. */
  readonly fraction: number;
}

/** Fractions such as 0.7, 0.1 and 0.2 do not sum to 1 exactly. */
const TOLERANCE = 1e-9;

/**
 * Deals groups out to splits, each group whole. The order follows from the seed and the names of the groups
 * alone; the splits take from it one after the other, to the nearest group.
 * @returns indices of the images of each split, in their order
 * @throws MmsrError E_DATA when the fractions sum to more than 1, or one is less than a group
 */
export function divideGroups(
  images: readonly Pick<SourceImage, 'group'>[],
  shares: readonly Share[],
  seed: number,
): Map<Split, number[]> {
  const order = [...new Set(images.map(({ group }) => group))].sort(bySeed(seed));
  const parts = new Map<Split, number[]>();
  let [upTo, first] = [0, 0];
  for (const { split, fraction } of shares) {
    upTo += fraction;
    if (upTo > 1 + TOLERANCE) throw tooMuch(split, shares);
    const end = Math.round(order.length * upTo);
    const mine = new Set(order.slice(first, end));
    if (mine.size === 0) throw noGroup(split, fraction, order.length);
    parts.set(
      split,
      images.flatMap(({ group }, index) => (mine.has(group) ? [index] : [])),
    );
    first = end;
  }
  return parts;
}

function bySeed(seed: number): (a: string, b: string) => number {
  const place = (group: string) => createHash('sha256').update(`${seed} ${group}`).digest('hex');
  const places = new Map<string, string>();
  const placeOf = (group: string) => {
    const known = places.get(group) ?? place(group);
    places.set(group, known);
    return known;
  };
  return (a, b) => (placeOf(a) < placeOf(b) ? -1 : 1);
}

function tooMuch(split: Split, shares: readonly Share[]): MmsrError {
  const sum = shares.map(({ fraction }) => fraction).join(' + ');
  return new MmsrError('E_DATA', `the fractions of one source are more than all of it: ${sum}`, {
    where: `data.${split}.fraction`,
    advice: 'They may sum to 1 at most.',
  });
}

function noGroup(split: Split, fraction: number, groups: number): MmsrError {
  const of = groups === 1 ? '1 slide or patient' : `${groups} slides or patients`;
  return new MmsrError('E_DATA', `a fraction of ${fraction} of ${of} is none`, {
    where: `data.${split}.fraction`,
    advice: 'Raise it, add slides or patients, or check `group` of the source.',
  });
}
