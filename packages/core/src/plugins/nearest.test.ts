import { editDistance, nearest, suggest, suggestBriefly } from './nearest.js';

test('editDistance counts insertions, deletions, substitutions and swaps', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('abcd', 'bc')).toBe(2);
  expect(editDistance('abc', 'acb')).toBe(1);
  expect(editDistance('same', 'same')).toBe(0);
});

test('nearest takes the closest word, and none that is far', () => {
  expect(nearest('step', ['steps', 'seed', 'keep'])).toBe('steps');
  expect(nearest('swin', ['edsr', 'swinir'])).toBe('swinir');
  expect(nearest('patchpx', ['patchPx'])).toBe('patchPx');
  expect(nearest('x', ['l1', 'l2'])).toBeUndefined();
  expect(nearest('resnet', ['rcan', 'edsr'])).toBeUndefined();
});

test('advice names the nearest word and the known ones', () => {
  expect(suggest('rcam', ['edsr', 'rcan'])).toBe('Did you mean "rcan"? Known: edsr, rcan.');
  expect(suggest('unet', ['edsr'])).toBe('Known: edsr.');
  expect(suggest('unet', [])).toBe('None is known.');
  expect(suggestBriefly('rcam', ['edsr', 'rcan'])).toBe('Did you mean "rcan"?');
  expect(suggestBriefly('unet', ['edsr', 'rcan'])).toBe('Known: edsr, rcan.');
});
