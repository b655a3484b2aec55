import { FlatLayout } from './flat-layout.js';

const layout = new FlatLayout([
  { name: 'weight', shape: [2, 2] },
  { name: 'scale', shape: [] },
  { name: 'bias', shape: [3] },
]);
const arrays = new Map([
  ['bias', Float32Array.of(6, 7, 8)],
  ['weight', Float32Array.of(1, 2, 3, 4)],
  ['scale', Float32Array.of(5)],
]);

test('arrays lie end to end in the order of the layout', () => {
  expect(layout.size).toBe(8);
  expect([...layout.join(arrays)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('splitting gives copies of the arrays back', () => {
  const flat = layout.join(arrays);
  const parts = layout.split(flat);
  flat.fill(0);
  expect([...parts.keys()]).toEqual(['weight', 'scale', 'bias']);
  for (const [name, values] of arrays) expect(parts.get(name)).toEqual(values);
});
