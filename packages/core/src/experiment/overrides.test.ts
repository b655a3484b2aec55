import type { JsonObject } from './json.js';
import { applyOverrides } from './overrides.js';
import { readYaml } from './read-yaml.js';

const TEXT = `seed: 1
data: {magnifications: [20, 10]}
model: {head: null}
matrix:
  scale: [2, 4]
  model.backbone: [{name: rcan}]
`;

function override(...overrides: string[]) {
  const { data, positions } = readYaml(TEXT, 'f');
  const problems = applyOverrides(data as JsonObject, positions, overrides);
  return { data: data as JsonObject, positions, problems };
}

test('a value is YAML, set in mappings, in lists by index, and where nothing was', () => {
  const { data, problems } = override(
    'seed=5',
    'data.magnifications.1=2.5',
    'optimizer.name=adamw',
    'model.head={name: pooled, attach: "a=b"}',
    'name=null',
  );
  expect(problems).toEqual([]);
  expect(data).toMatchObject({
    seed: 5,
    data: { magnifications: [20, 2.5] },
    optimizer: { name: 'adamw' },
    model: { head: { name: 'pooled', attach: 'a=b' } },
    name: null,
  });
});

test('what was set has the option as its position, with all that is in it', () => {
  const { positions } = override('data={a: {b: 1}}', 'new.key=1');
  expect(positions.ofValue(['data', 'a', 'b'])).toBe('--set data={a: {b: 1}}');
  expect(positions.ofValue(['data', 'magnifications'])).toBe('--set data={a: {b: 1}}');
  expect(positions.ofKey(['new'])).toBe('--set new.key=1');
  expect(positions.ofValue(['seed'])).toBe('f:1:7');
});

test('an axis of the matrix is one key, dots and all', () => {
  const { data, problems } = override(
    'matrix.model.backbone=[{name: edsr}, {name: swinir}]',
    'matrix.model.backbone.1.depth=2',
    'matrix.scale.0=3',
    'matrix.optimizer.learningRate=[1e-3, 1e-4]',
  );
  expect(problems).toEqual([]);
  expect(data.matrix).toEqual({
    scale: [3, 4],
    'model.backbone': [{ name: 'edsr' }, { name: 'swinir', depth: 2 }],
    'optimizer.learningRate': [0.001, 0.0001],
  });
});

test.each([
  ['seed', 'is not KEY=VALUE'],
  ['=3', 'is not KEY=VALUE'],
  ['seed= ', 'is not KEY=VALUE'],
  ['scale=2', 'the matrix gives scale in every cell'],
  ['model.backbone.groups=2', 'the matrix gives model.backbone in every cell'],
  ['data.magnifications.2=5', 'data.magnifications has 2 entries from 0 on, but no "2"'],
  ['data.magnifications.x=5', 'but no "x"'],
  ['seed.a=5', 'seed is 1, so it has no key "a"'],
  ['model.head.name=x', 'model.head is null, so it has no key "name"'],
  ['a.__proto__.b=5', 'the key "__proto__" is not allowed'],
  ['a..b=5', 'a key is empty'],
  ['seed=[', 'Flow sequence'],
  ['seed={__proto__: 1}', 'the key "__proto__" is not allowed'],
])('%s cannot be done', (text, message) => {
  const { data, problems } = override(text);
  expect(problems.map(({ where }) => where)).toEqual([`--set ${text}`]);
  expect(problems[0]?.message).toContain(message);
  expect(data.seed).toBe(1);
  expect(({} as { b?: unknown }).b).toBeUndefined();
});
