import { nameCells, withoutDefaults, type NamedAxis } from './cell-names.js';
import type { Json } from './json.js';

/** Names of cells of one axis. */
function labels(...values: Json[]): string[] {
  const axis: NamedAxis = { path: ['model', 'a'], values };
  return nameCells(
    [axis],
    values.map((_, index) => [index]),
  );
}

test('a name tells each axis by its last key and each value by its name', () => {
  const axes: NamedAxis[] = [
    { path: ['model', 'backbone'], values: [{ name: 'rcan', groups: 2 }, { name: 'edsr' }] },
    { path: ['model', 'head'], values: [null, { name: 'pooled-linear' }] },
    { path: ['seed'], values: [1, 2] },
  ];
  expect(nameCells(axes, [[0, 1, 1]])).toEqual(['backbone-rcan_head-pooled-linear_seed-2']);
  expect(nameCells(axes, [[1, 0, 0]])).toEqual(['backbone-edsr_head-none_seed-1']);
  expect(nameCells([], [[]])).toEqual(['main']);
});

test('options are named only where names alone would be mistaken', () => {
  const rcan = { name: 'rcan', groups: 2 };
  expect(labels(rcan)).toEqual(['a-rcan']);
  expect(labels(rcan, { name: 'edsr' })).toEqual(['a-rcan', 'a-edsr']);
  expect(labels(rcan, { name: 'edsr' }, { name: 'rcan' })).toEqual([
    'a-rcan-groups-2',
    'a-edsr',
    'a-rcan',
  ]);
});

test('all kinds of values have readable labels', () => {
  expect(labels(null, true, 2.5, 1e-8, 'uncertainty')).toEqual([
    'a-none',
    'a-true',
    'a-2.5',
    'a-1e-8',
    'a-uncertainty',
  ]);
  expect(labels([20, 10], [], {}, { steps: 5, nested: { x: [1] } })).toEqual([
    'a-20-10',
    'a-empty',
    'a-default',
    'a-steps-5-nested-x-1',
  ]);
});

test('axes with the same last key are told apart by the keys before it', () => {
  const axes: NamedAxis[] = [
    { path: ['data', 'train', 'patchPx'], values: [48] },
    { path: ['data', 'test', 'patchPx'], values: [96] },
    { path: ['seed'], values: [1] },
  ];
  expect(nameCells(axes, [[0, 0, 0]])).toEqual(['train.patchPx-48_test.patchPx-96_seed-1']);
});

test('names are unique on file systems that hold letters of both cases equal', () => {
  const found = labels('a/b', 'a b', 'A-B', '../..', 'none', null, '');
  expect(new Set(found.map((name) => name.toLowerCase())).size).toBe(7);
  const [capital = '', small = ''] = labels('Rcan', 'rcan');
  expect(capital.toLowerCase()).not.toBe(small);
  for (const name of found) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9.+_-]*[A-Za-z0-9]$/);
});

test('long values are cut, and stay unique', () => {
  const found = labels('x'.repeat(400), `${'x'.repeat(400)}y`);
  expect(new Set(found).size).toBe(2);
  for (const name of found) expect(name.length).toBeLessThanOrEqual(80);
  const axes = Array.from({ length: 20 }, (_, i) => ({
    path: [`key${i}`],
    values: ['value'.repeat(5)],
  }));
  const [name] = nameCells(axes, [axes.map(() => 0)]);
  expect(name).toHaveLength(200);
});

test('what the schema fills in is no part of a label', () => {
  const schema = {
    properties: {
      name: { const: 'rcan' },
      groups: { default: 10 },
      list: { default: [1, 2] },
      inner: { default: {}, properties: { flip: { default: true } } },
    },
  };
  const value = { name: 'rcan', groups: 10, list: [1, 2], inner: { flip: true } };
  expect(withoutDefaults(value, schema)).toEqual({ name: 'rcan' });
  expect(withoutDefaults({ ...value, groups: 3, inner: { flip: false } }, schema)).toEqual({
    name: 'rcan',
    groups: 3,
    inner: { flip: false },
  });
  expect(withoutDefaults(5, undefined)).toBe(5);
});
