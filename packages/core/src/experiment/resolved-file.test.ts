import { formatResolved, type Study } from './read-experiment.js';
import { readYaml } from './read-yaml.js';
import { formatYaml } from './resolved-file.js';
import type { Json } from './json.js';
import { readText, SHORT } from '../testing/experiment-files.js';

async function roundTrip(text: string): Promise<{ study: Study; yaml: string; again: Study }> {
  const study = await readText(text, { environment: { X: '${Y}' } });
  const yaml = formatResolved(study);
  return { study, yaml, again: await readText(yaml, { environment: {} }) };
}

test.each([
  ['one cell', ''],
  ['axes', 'matrix: {model.head: [null, {name: pooled-linear}], seed: [3, 4], scale: [2, 4]}'],
  [
    'an axis of plugins',
    'matrix: {model.backbone: [{name: rcan, groups: 2}, {name: edsr}, {name: rcan}]}',
  ],
  [
    'a name on which defaults depend',
    'matrix: {optimizer.name: [adam, adamw], model.backbone.name: [rcan, edsr]}',
  ],
  [
    'an axis that refines another',
    'matrix: {model.backbone: [{name: rcan}, {name: edsr}], model.backbone.blocks: [1, 2]}',
  ],
  ['engines in short', 'matrix: {engine: [auto, wasm]}'],
  [
    'an entry of a list',
    'matrix: {data.train.magnifications.1: [5, 2.5], data.test.count: [null, 3]}',
  ],
  ['whole sections', 'matrix: {training: [{}, {steps: 5}, {ema: null}]}'],
  [
    'a comparison',
    'matrix: {model.head: [null, {name: pooled-mlp}]}\ncompare: {factor: model.head, baseline: {name: pooled-mlp}}',
  ],
  ['texts with ${', 'description: "$${A} ${X} # : [x"'],
])('reading the resolved file gives the same study: %s', async (_, lines) => {
  const { study, yaml, again } = await roundTrip(`${SHORT}${lines}\n`);
  expect(again.cells).toEqual(study.cells);
  expect(again.compare).toEqual(study.compare);
  expect(again.description).toBe(study.description);
  expect(formatResolved(again)).toBe(yaml);
});

test('the resolved file has every default, in the order of the schema, short parts on one line', async () => {
  const { yaml } = await roundTrip(
    `${SHORT}matrix: {model.backbone: [{name: rcan}, {name: edsr}]}\n`,
  );
  expect(yaml).toMatch(
    /^name: short\ndescription: ""\nseed: 1\nengine: \{name: auto\}\nscale: 2\n/,
  );
  expect(yaml).toContain('    magnifications: [20, 10]\n    patchPx: 96\n');
  expect(yaml).toContain('model: {head: null}\n');
  expect(yaml).toContain(
    'matrix:\n  model.backbone:\n    - {name: rcan, groups: 10, blocks: 20, stop: null}\n    - {name: edsr, blocks: 16, residualScale: 1}\n',
  );
});

test('the resolved file is the whole study, whichever cells were asked for', async () => {
  const text = `${SHORT}matrix: {seed: [1, 2]}\n`;
  const study = await readText(text, { only: ['seed-2'] });
  expect(study.cells).toHaveLength(1);
  expect(formatResolved(study)).toBe(formatResolved(await readText(text)));
});

test('plain data survives YAML', () => {
  const data: Json = {
    numbers: [0.1, 1e-8, 2e-4, 1e21, -5, 9007199254740991, 0.30000000000000004],
    texts: [
      '1e-8',
      'null',
      'true',
      '',
      ' x ',
      'a: b',
      '# c',
      '[',
      '*a',
      '&b',
      '!c',
      'é',
      'x\ny',
      '~',
      '%',
    ],
    long: 'word '.repeat(60),
    'key: with': { '1': null, '[': [[], {}, [[1], { a: {} }]] },
  };
  expect(readYaml(formatYaml(data), 'f').data).toEqual(data);
});
