import { inParts, keyOf, metricKeyOf, uuidOf, valueOf } from './names.js';
import { isKey } from './wire-values.js';

test('a key that MLflow takes stays as it is', () => {
  for (const key of ['validation.20x.psnrDb', 'a b/c:d-e', '.hidden']) expect(keyOf(key)).toBe(key);
});

test('metrics are grouped by the first part of their names', () => {
  expect(metricKeyOf('validation.20x.psnrDb')).toBe('validation/20x.psnrDb');
  const others = ['loss', 'system/gpu_0', '.x'];
  expect(others.map(metricKeyOf)).toEqual(others);
});

test.each([
  '',
  '.',
  '../../x',
  '/etc/passwd',
  'a//b',
  'a/',
  '<script>alert(1)</script>',
  'größe',
  'x'.repeat(300),
  `${'x/'.repeat(200)}y`,
])('any other text becomes a key: %s', (text) => {
  expect(isKey(keyOf(text))).toBe(true);
});

test('a shorter limit', () => {
  expect(keyOf('abc', 3)).toBe('abc');
  expect(keyOf('x'.repeat(100), 20)).toMatch(/^x{11}-[0-9a-f]{8}$/);
});

test('different texts have different keys', () => {
  expect(keyOf('a<b')).not.toBe(keyOf('a>b'));
  expect(keyOf('<script>')).toMatch(/^_script_-[0-9a-f]{8}$/);
});

test('a long value says that it is cut', () => {
  expect(valueOf('short', 10)).toBe('short');
  const cut = valueOf('x'.repeat(7000), 6000);
  expect(cut.length).toBe(6000);
  expect(cut.endsWith('x... (7000 characters)')).toBe(true);
  expect(valueOf('a\0\ud800b', 10)).toBe('a\uFFFD\uFFFDb');
});

test('stable UUIDs and parts', () => {
  expect(uuidOf('a')).toBe(uuidOf('a'));
  expect(uuidOf('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidOf('a')).not.toBe(uuidOf('b'));
  expect(inParts([1, 2, 3], 2)).toEqual([[1, 2], [3]]);
});
