import type { MmsrError, SourceImage, Split } from '@mmsr/core';
import { leakProblems, magnificationProblems, type SplitImages } from './check-splits.js';

function split(name: Split, images: Partial<SourceImage>[], magnifications = [20, 10]) {
  const defaults = { widthPx: 500, heightPx: 500, magnification: 20 };
  return {
    split: name,
    magnifications,
    images: images.map(({ id = 'a.svs', ...image }) => ({
      id,
      group: id,
      digest: id,
      ...defaults,
      ...image,
    })),
  };
}

const texts = (problems: readonly MmsrError[]) => problems.map((one) => one.describe());

test('magnifications above the native one are refused, for each image', () => {
  const images = [{ id: 'a.svs', magnification: 40 }, { id: 'b.svs' }];
  expect(texts(magnificationProblems(split('test', images, [40, 30, 20])))).toEqual([
    'b.svs: its native magnification is 20x, data.test.magnifications asks for 40x, 30x. Ask for ' +
      'lower ones or leave the image out. [E_DATA]',
  ]);
});

const region = { x: 100, y: 100, width: 50, height: 50 };

test.each([
  ['the whole twice', undefined, undefined, true],
  ['the whole and a part', undefined, region, true],
  ['parts that share a pixel', region, { ...region, x: 149, y: 51 }, true],
  ['parts side by side', region, { ...region, x: 150 }, false],
  ['parts side by side, the other way round', { ...region, x: 150 }, region, false],
  ['parts one above the other', region, { ...region, y: 50 }, false],
  ['parts one above the other, the other way round', { ...region, y: 50 }, region, false],
])('one file in two splits: %s', (_name, a, b, isLeak) => {
  const splits = [split('train', [{ region: a }]), split('test', [{ region: b }])];
  expect(texts(leakProblems(splits, true))).toEqual(
    isLeak
      ? [
          'a.svs: is in train and in test. Take it out of one of them, or give each a `region` of ' +
            'its own and say so with `data.disjointRegions: true`. [E_DATA]',
        ]
      : [],
  );
});

test('regions side by side are of one slide, unless the experiment says that they may be in two splits', () => {
  const splits = [split('train', [{ region }]), split('test', [{ region: { ...region, x: 150 } }])];
  expect(texts(leakProblems(splits, false))).toEqual([
    'a.svs: is of the group "a.svs" in train, and so is another region of it in test. All images of ' +
      'one slide or patient belong into one split; regions that do not overlap may be in several ' +
      'with `data.disjointRegions: true`. [E_DATA]',
  ]);
  expect(leakProblems(splits, true)).toEqual([]);
  const copy = split('test', [{ region: { ...region, x: 150 }, digest: 'other' }]);
  expect(leakProblems([splits[0] as SplitImages, copy], true)).toHaveLength(1);
});

test('a copy under another name is the same file', () => {
  const splits = [
    split('train', [{ id: 'a.svs', digest: 'same' }]),
    split('validation', [{ id: 'copy.svs', digest: 'same' }]),
  ];
  expect(leakProblems(splits, false).map(({ message }) => message)).toEqual([
    'is in train and, there as copy.svs, in validation',
  ]);
});

test('a patient in two splits is a leak though the files differ', () => {
  const splits = [
    split('train', [{ id: 'a.svs', group: 'patient 3' }]),
    split('validation', [{ id: 'b.svs' }]),
    split('test', [{ id: 'c.svs', group: 'patient 3' }]),
  ];
  expect(texts(leakProblems(splits, false))).toEqual([
    'a.svs: is of the group "patient 3" in train, and so is c.svs in test. All images of one slide ' +
      'or patient belong into one split. [E_DATA]',
  ]);
});
