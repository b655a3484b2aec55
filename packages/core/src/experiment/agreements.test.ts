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
