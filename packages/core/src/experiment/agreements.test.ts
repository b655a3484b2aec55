import { problemsOf, readText, SHORT } from '../testing/experiment-files.js';

const BEST = `${SHORT.replace('model:', '  validation: {source: {name: images, paths: [c.png]}, magnifications: [20], patchPx: 48}\nmodel:')}`;

test.each([
  ['psnr', SHORT, 'nothing is validated. Add data.validation, or leave'],
  ['ssim', `${BEST}evaluation: {metrics: [psnr]}\n`, 'ssim is not measured. Add it to evaluation'],
  ['accuracy', BEST, 'there is no accuracy without a head. Set model.head'],
])('keeping the best by %s needs a validation that measures it', async (metric, text, why) => {
  expect(await problemsOf(`${text}training: {keepBest: {metric: ${metric}}}\n`)).toEqual([
    expect.stringMatching(`^\\d+:22: training.keepBest: ${why}.*\\[E_EXPERIMENT\\]$`) as string,
  ]);
});

test('keeping the best is accepted where it is measured', async () => {
  const { cells } = await readText(`${BEST}training: {keepBest: {metric: psnr}}\n`);
  expect(cells[0]?.experiment.training.keepBest).toEqual({ metric: 'psnr' });
});

test('patches must shrink to whole pixels in every cell', async () => {
  const text = `${SHORT}matrix: {scale: [2, 3, 4], data.test.patchPx: [48, 100]}\n`;
  expect(await problemsOf(text)).toEqual([
    '8:52: data.test.patchPx: expected a multiple of the scale 3; found 100 [E_EXPERIMENT]',
  ]);
  const all = text.replace('[20, 10]}', '[20, 10], patchPx: 94}').replace(', 100]', ']');
  expect(await problemsOf(all)).toEqual([
    '4:86: data.train.patchPx: expected a multiple of the scale 3; found 94 [E_EXPERIMENT]',
    '4:86: data.train.patchPx: expected a multiple of the scale 4; found 94 [E_EXPERIMENT]',
  ]);
});

test('of an evaluated patch a window of SSIM must be left within the border', async () => {
  const text = (evaluation: string) => `${SHORT}evaluation: ${evaluation}\n`;
  const places = async (evaluation: string) =>
    (await problemsOf(text(evaluation))).map((problem) => problem.replace(/^[\d:]+ /, ''));
  const patchPx = 48;
  const most = (patchPx - 11) >> 1;
  expect(await places(`{cropPx: ${most}}`)).toEqual([]);
  expect(await places(`{cropPx: ${most + 1}}`)).toEqual([
    `data.test.patchPx: the 11 px window of SSIM fits within the border of ${most + 1} px from ${2 * most + 13} px on; found ${patchPx}. Take larger patches, or lower evaluation.cropPx. [E_EXPERIMENT]`,
  ]);
  expect(await places('{metrics: [psnr], cropPx: 23}')).toEqual([]);
  expect(await places('{metrics: [psnr], cropPx: 24}')).toEqual([
    'data.test.patchPx: a pixel is left within the border of 24 px from 49 px on; found 48. Take larger patches, or lower evaluation.cropPx. [E_EXPERIMENT]',
  ]);
});
