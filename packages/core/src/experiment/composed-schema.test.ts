import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { PluginRegistry } from '../plugins/register.js';
import { madeUpContainer, readText, SHORT } from '../testing/experiment-files.js';
import { composeSchema } from './composed-schema.js';
import { formatResolved } from './read-experiment.js';

const schema = composeSchema(new PluginRegistry(madeUpContainer()));
const validate = new Ajv({ strict: true, allowUnionTypes: true, logger: false }).compile(schema);

/** Whether an editor would accept the text. */
function accepts(text: string): boolean {
  return validate(parse(text));
}

const MATRIX =
  'matrix: {model.backbone: [{name: rcan}, {name: edsr}], optimizer.name: [adam, adamw]}\n';

test('short files and resolved ones are valid', async () => {
  for (const text of [SHORT, `${SHORT}engine: wasm\n`, `${SHORT}${MATRIX}`]) {
    expect(accepts(text)).toBe(true);
    expect(accepts(formatResolved(await readText(text)))).toBe(true);
  }
});

test('what may be left out may be left out: names with a default, and what a matrix sets', () => {
  expect(
    accepts(`${SHORT}optimizer: {learningRate: 1}\nobjective: {superResolution: {weight: 2}}\n`),
  ).toBe(true);
  expect(
    accepts(`${SHORT}schedule: {name: multistep}\nmatrix: {schedule.milestones: [[5], [6]]}\n`),
  ).toBe(true);
  expect(accepts(SHORT.replace('scale: 2\n', 'matrix: {scale: [2, 4]}\n'))).toBe(true);
});

test.each([
  ['xyzzy: 1'],
  ['schedule: {name: multistep}'],
  ['engine: tensorflow'],
  ['engine: {name: auto, threads: 2}'],
  ['tracking: {name: mlflow}'],
  ['tracking: {}'],
  ['objective: {superResolution: {name: cross-entropy}}'],
  ['objective: {magnification: {weight: -1}}'],
  ['matrix: {seed: []}'],
  ['matrix: {seed: [1]}\ncompare: {factor: seed}'],
])('an editor marks as wrong: %s', (lines) => {
  expect(accepts(`${SHORT}${lines}\n`)).toBe(false);
});

test('missing keys are marked, and options that the named plugin does not have', () => {
  expect(accepts(SHORT.replace('scale: 2\n', ''))).toBe(false);
  expect(accepts(SHORT.replace('{name: rcan}', '{name: rcan, residualScale: 1}'))).toBe(false);
  expect(accepts(SHORT.replace('{name: rcan}', '{name: edsr, residualScale: 1}'))).toBe(true);
});

test('each place offers the installed plugins with their options and defaults', () => {
  const whole = schema.else as typeof schema;
  const { oneOf = [], default: standard } = whole.properties?.optimizer ?? {};
  expect(oneOf.map(({ title }) => title)).toEqual(['optimizer adam', 'optimizer adamw']);
  expect(standard).toEqual({ name: 'adam' });
  const heads = whole.properties?.model?.properties?.head?.oneOf ?? [];
  expect(heads.map(({ title, type }) => title ?? type)).toEqual([
    'head pooled-linear',
    'head pooled-mlp',
    'null',
  ]);
  expect(heads[1]?.properties?.hidden).toEqual({ type: 'integer', minimum: 1, default: 64 });
});
