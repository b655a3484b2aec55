import { madeStudy, type MadeCell } from './made-study.js';

/** Names that break out of HTML, attributes and folders where they are not escaped. */
export const EVIL = {
  text: '<script>alert(1)</script>',
  attribute: `"><img src=x onerror=alert(2)>'`,
  path: '../../x',
} as const;

const BACKBONES = ['rcan', 'edsr', 'swinir'];

/**
 * 18 cells (three backbones, with and without the branch, three seeds) of 204 test images with pictures of 192
 * pixels, as a study in full has; every name that comes from outside is evil.
 */
export function largeStudy(): ReturnType<typeof madeStudy> {
  const cells: Record<string, MadeCell> = {};
  for (const [place, backbone] of BACKBONES.entries()) {
    for (const branch of [false, true]) {
      for (const seed of [1, 2, 3]) {
        // A folder's name has no slash.
        const name = `<script>alert(1)<_${backbone}_head-${branch ? 'pool' : 'none'}_seed-${seed}`;
        cells[name] = largeCell(backbone, branch, seed, 0.1 * place);
      }
    }
  }
  return madeStudy(cells, {
    name: EVIL.text,
    description: `Does ${EVIL.attribute} help?`,
    compare: { factor: 'model.head', baseline: null },
    cellNames: [...Object.keys(cells), EVIL.path],
  });
}

function largeCell(backbone: string, branch: boolean, seed: number, gainDb: number): MadeCell {
  const metrics = [
    'loss',
    'superResolution',
    'gradientNorm',
    'validation.psnrDb',
    'validation.ssim',
  ];
  const magnifications = [20, 10, 5];
  return {
    seed,
    settings: {
      'model.backbone': { name: `${EVIL.attribute} ${backbone}` },
      'model.head': branch ? { name: EVIL.text } : null,
      seed,
    },
    groups: 34,
    magnifications,
    gainDb: gainDb + (branch ? 0.2 : 0.1) + 0.01 * seed,
    withBranch: branch,
    picturesPx: 192,
    events: Array.from({ length: 2000 }, (_, i) => ({
      type: 'metrics',
      step: 100 * (i + 1),
      values: Object.fromEntries([
        ...metrics.map((name, j) => [name, Math.exp(-i / 400) + 0.1 * j + 0.01 * seed]),
        ...magnifications.map((m) => [`validation.${m}x.psnrDb`, 30 + m / 10 - Math.exp(-i / 400)]),
        [EVIL.text, i],
      ]) as object,
    })),
    change: (results) => ({
      ...results,
      images: (results.images as { id: string; group: string }[]).map((image) => ({
        ...image,
        id: `${EVIL.path}/${EVIL.attribute}${image.id}`,
        group: `${EVIL.text}${image.group}`,
      })),
    }),
  };
}
