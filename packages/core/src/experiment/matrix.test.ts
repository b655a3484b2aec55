import { readComparison } from './comparison.js';
import type { JsonObject } from './json.js';
import { expandMatrix, readMatrix } from './matrix.js';
import { readYaml } from './read-yaml.js';

function read(text: string) {
  const { data, positions } = readYaml(text, 'f');
  const { matrix, compare, ...base } = data as JsonObject;
  const { axes, problems } = readMatrix(matrix, positions);
  return {
    axes,
    matrixProblems: problems.map((problem) => problem.describe()),
    comparison: () => readComparison(compare, axes, positions),
    expansion: () => expandMatrix(base, axes, positions),
  };
}

test('cells are the product in the order of the file, each the file with the paths set', () => {
  const { combinations } = read(
    'a: {b: 0, c: 9}\nmatrix:\n  a.b: [1, 2]\n  d.e: [null, {f: [3]}]\n  list.0: [x]\nlist: [p, q]\n',
  ).expansion();
  expect(combinations.map(({ choice }) => choice)).toEqual([
    [0, 0, 0],
    [0, 1, 0],
    [1, 0, 0],
    [1, 1, 0],
  ]);
  expect(combinations.map(({ data }) => data)).toEqual([
    { a: { b: 1, c: 9 }, d: { e: null }, list: ['x', 'q'] },
    { a: { b: 1, c: 9 }, d: { e: { f: [3] } }, list: ['x', 'q'] },
    { a: { b: 2, c: 9 }, d: { e: null }, list: ['x', 'q'] },
    { a: { b: 2, c: 9 }, d: { e: { f: [3] } }, list: ['x', 'q'] },
  ]);
});

test('no matrix is one cell', () => {
  const { combinations } = read('a: 1\n').expansion();
  expect(combinations.map(({ data }) => data)).toEqual([{ a: 1 }]);
});

test('what the matrix sets has its position there', () => {
  const { combinations } = read('a: 1\nmatrix:\n  b.c: [5, {d: 6}]\n  a: [2]\n').expansion();
  const positions = combinations[1]?.positions;
  expect(positions?.ofValue(['b', 'c', 'd'])).toBe('f:3:16');
  expect(positions?.ofKey(['b'])).toBe('f:3:12');
  expect(positions?.ofValue(['a'])).toBe('f:4:7');
});

test('a later axis may refine what an earlier one sets', () => {
  const { combinations } = read('matrix: {m: [{n: a}, {n: b}], m.x: [1, 2]}\n').expansion();
  expect(combinations.map(({ data }) => data.m)).toEqual([
    { n: 'a', x: 1 },
    { n: 'a', x: 2 },
    { n: 'b', x: 1 },
    { n: 'b', x: 2 },
  ]);
});

test.each([
  ['matrix: 3', 'f:1:9: matrix: expected a mapping from paths to lists of values; found 3'],
  ['matrix: {a: 3}', 'f:1:10: matrix.a: expected a list of values; found 3'],
  ['matrix: {a: []}', 'f:1:10: matrix.a: expected a list of values; found []'],
  ['matrix: {a: [1, 2, 1]}', 'f:1:10: matrix.a: 1 is there twice'],
  ['matrix: {a: [{x: 1, y: 2}, {y: 2, x: 1}]}', 'f:1:10: matrix.a: {"y":2,"x":1} is there twice'],
  ['matrix: {name: [a, b]}', 'f:1:10: matrix.name: name is the same in every cell'],
  ['matrix: {plugins: [[a]]}', 'f:1:10: matrix.plugins: plugins is the same in every cell'],
  [
    'matrix: {a.__proto__.b: [1]}',
    'f:1:10: matrix.a.__proto__.b: the key "__proto__" is not allowed',
  ],
  ['matrix: {a..b: [1]}', 'f:1:10: matrix.a..b: a key is empty'],
  [
    'matrix: {a.b: [1], a: [{}]}',
    'f:1:20: matrix.a: it sets all of a.b, so it must stand before it',
  ],
])('a wrong matrix: %s', (text, message) => {
  expect(read(text).matrixProblems).toEqual([`${message} [E_EXPERIMENT]`]);
});

test('too many cells are refused before they are made', () => {
  const axis = (key: string) =>
    `  ${key}: [${Array.from({ length: 30 }, (_, i) => i).join(', ')}]\n`;
  expect(read(`matrix:\n${axis('a')}${axis('b')}${axis('c')}`).matrixProblems).toEqual([
    'f:1:1: matrix: 27000 cells are more than 10000 [E_EXPERIMENT]',
  ]);
});

test('a path into what is no mapping is a problem of the value', () => {
  const { problems } = read('a: 5\nmatrix:\n  a.b: [1]\n').expansion();
  expect(problems.map((problem) => problem.describe())).toEqual([
    'f:3:9: matrix.a.b: a is 5, so it has no key "b" [E_EXPERIMENT]',
  ]);
});

test('compare names an axis and one of its values, null and mappings too', () => {
  const matrix = 'matrix: {h: [null, {name: p, x: 1}], s: [1]}\n';
  const compared = (text: string) => read(`${matrix}compare: ${text}\n`).comparison().comparison;
  expect(compared('{factor: h, baseline: null}')).toEqual({ axis: 0, value: 0 });
  expect(compared('{factor: h, baseline: {x: 1, name: p}}')).toEqual({ axis: 0, value: 1 });
  expect(compared('{factor: s, baseline: 1}')).toEqual({ axis: 1, value: 0 });
  expect(compared('null')).toBeNull();
  expect(read(matrix).comparison().comparison).toBeNull();
});

test.each([
  ['{factor: g, baseline: 1}', 'f:2:19: compare.factor: expected a path of the matrix; found "g"'],
  [
    '{factor: h, baseline: p}',
    'f:2:32: compare.baseline: expected a value of matrix.h (null, {"n":1})',
  ],
  ['{factor: h}', 'f:2:10: compare: expected {factor: PATH, baseline: VALUE}'],
  [
    '{factor: h, baseline: null, x: 1}',
    'f:2:10: compare: expected {factor: PATH, baseline: VALUE}',
  ],
  ['h', 'f:2:10: compare: expected {factor: PATH, baseline: VALUE}; found "h"'],
])('a wrong comparison: %s', (text, message) => {
  const { comparison, problems } = read(
    `matrix: {h: [null, {n: 1}]}\ncompare: ${text}\n`,
  ).comparison();
  expect(comparison).toBeNull();
  expect(problems.map((problem) => problem.describe())).toEqual([expect.stringContaining(message)]);
});
