import { problemsOf, SHORT } from '../testing/experiment-files.js';

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
