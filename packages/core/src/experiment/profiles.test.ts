import type { JsonObject } from './json.js';
import { applyOverrides } from './overrides.js';
import { applyProfile } from './profiles.js';
import { readYaml } from './read-yaml.js';

const TEXT = `name: study
training: {steps: 20000, batchSize: 16}
matrix:
  scale: [2, 4]
  model.backbone: [{name: rcan}]
profiles:
  small:
    training.steps: 200
    matrix.model.backbone: [{name: rcan, groups: 2}]
    matrix.scale.0: 3
  named: {name: other}
  wrong: {scale: 2, training.steps.x: 1}
`;

function apply(chosen: string | undefined, text = TEXT) {
  const { data, positions } = readYaml(text, 'f');
  const problems = applyProfile(data as JsonObject, positions, chosen);
  return { data: data as JsonObject, positions, problems };
}

test('a profile sets keys of the file and axes of the matrix, and the name ends with its own', () => {
  const { data, problems, positions } = apply('small');
  expect(problems).toEqual([]);
  expect(data).toEqual({
    name: 'study-small',
    training: { steps: 200, batchSize: 16 },
    matrix: { scale: [3, 4], 'model.backbone': [{ name: 'rcan', groups: 2 }] },
  });
  expect(positions.ofValue(['training', 'steps'])).toBe('f:8:5');
});

test('a profile may give a name of its own; none leaves the file as it is', () => {
  expect(apply('named').data.name).toBe('other');
  const { data } = apply(undefined);
  expect(data).toMatchObject({ name: 'study', training: { steps: 20000 } });
  expect(data).not.toHaveProperty('profiles');
});

test('what --set says comes after the profile', () => {
  const { data, positions } = apply('small');
  expect(applyOverrides(data, positions, ['training.steps=5'])).toEqual([]);
  expect(data.training).toEqual({ steps: 5, batchSize: 16 });
});

test('an unknown profile is answered with the nearest', () => {
  expect(apply('smal').problems.map((problem) => problem.describe())).toEqual([
    '--profile smal: no profile is named "smal". Did you mean "small"? Known: small, named, ' +
      'wrong. [E_COMMAND_LINE]',
  ]);
  expect(apply('small', 'name: a').problems[0]?.advice).toBe('The file has no `profiles`.');
  expect(apply('toString').problems).toHaveLength(1);
});

test('what cannot be set is an error at its place in the profile', () => {
  expect(apply('wrong').problems.map(({ where, message }) => [where, message])).toEqual([
    ['f:12:11', 'the matrix gives scale in every cell, so that this changes nothing'],
    ['f:12:21', 'training.steps is 20000, so it has no key "x"'],
  ]);
});

test.each([
  ['profiles: [1]', 'expected a mapping from names to settings; found [1]'],
  ['profiles: {a: 3}', 'profiles.a: expected a mapping from keys'],
  ['profiles: {a/b: {}}', '"a/b" is no name for a folder'],
])('%s is an error, used or not', (text, message) => {
  expect(apply(undefined, text).problems[0]?.message).toContain(message);
});
