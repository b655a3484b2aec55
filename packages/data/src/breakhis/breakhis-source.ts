import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  defineSource,
  InputError,
  MmsrError,
  type SourceContext,
  type Static,
  Type,
} from '@mmsr/core';
import { escapePath } from 'tinyglobby';
import { findFiles, type FoundFile } from '../images/find-files.js';
import { ImagesSource, openFiles } from '../images/images-source.js';
import type { LoadedImage } from '../images/load-image.js';
import { type BreakhisName, readBreakhisName } from './breakhis-name.js';

/**
 * Microns per pixel by magnification: Spanhol et al., A Dataset for Breast Cancer Histopathological Image
 * Classification, IEEE TBME 63(7), 2016, from a camera with pixels of 6.5 microns behind a relay lens of 3.3x
 * and objectives of 4x, 10x, 20x and 40x (6.5 / 3.3 / 4 = 0.49). The files themselves do not say it.
 */
export const BREAKHIS_MICRONS_PER_PIXEL = { 40: 0.49, 100: 0.2, 200: 0.1, 400: 0.05 } as const;

/**
 * The labels of BreaKHis count the eyepiece (10x): times microns per pixel they make 20, where a scanner's
 * objective powers make 10.
 */
const MICRONS_AT_1X = 20;

const BreakhisConfig = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      description: 'The folder BreaKHis_v1, or one in it, relative to that of the experiment file.',
    }),
    magnifications: Type.Array(
      Type.Union([Type.Literal(40), Type.Literal(100), Type.Literal(200), Type.Literal(400)]),
      {
        minItems: 1,
        uniqueItems: true,
        default: [40, 100, 200, 400],
        description: 'Images of other ones are left out.',
      },
    ),
    classes: Type.Array(Type.Union([Type.Literal('benign'), Type.Literal('malignant')]), {
      minItems: 1,
      uniqueItems: true,
      default: ['benign', 'malignant'],
      description: 'Images of other ones are left out.',
    }),
    shrink: Type.Boolean({
      default: false,
      description: 'Whether images also give lower magnifications than their own, shrunk.',
    }),
  },
  { additionalProperties: false },
);

export type BreakhisOptions = Static<typeof BreakhisConfig>;

/**
 * Finds, checks and decodes the images of a folder.
 * @throws InputError naming every file that does not follow the data set's layout or cannot be decoded
 */
export async function openBreakhis(
  { path, magnifications, classes, shrink }: BreakhisOptions,
  { folder, signal }: Pick<SourceContext, 'folder' | 'signal'>,
): Promise<ImagesSource> {
  const names = new Map<FoundFile, BreakhisName>();
  const problems: MmsrError[] = [];
  for (const file of await imagesBelow(path, folder)) {
    try {
      names.set(file, readBreakhisName(file.id));
    } catch (error) {
      if (!(error instanceof MmsrError)) throw error;
      problems.push(error);
    }
  }
  const wanted = [...names].filter(
    ([, name]) =>
      magnifications.some((one) => one === name.magnification) && classes.includes(name.tumorClass),
  );
  if (wanted.length === 0 && problems.length === 0) {
    throw new MmsrError('E_DATA', 'holds no image of these magnifications and classes', {
      where: path,
    });
  }
  return openFiles(
    wanted.map(([file]) => file),
    (_file, index) => {
      const [, { patient, magnification }] = wanted[index] as (typeof wanted)[number];
      return {
        magnification,
        micronsPerPixel: BREAKHIS_MICRONS_PER_PIXEL[magnification],
        group: patient,
        more: { serves: shrink ? 'own-and-lower' : 'own', micronsAt1x: MICRONS_AT_1X },
      };
    },
    { problems, signal },
  );
}

async function imagesBelow(path: string, folder: string): Promise<FoundFile[]> {
  const found = await stat(resolve(folder, path)).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new MmsrError('E_FILE', 'there is no such folder', {
      where: path,
      advice: 'Paths are relative to the folder of the experiment file.',
    });
  }
  const pattern = `${escapePath(path.replaceAll('\\', '/').replace(/\/+$/, ''))}/**/*.png`;
  const { files, problems } = await findFiles([pattern], folder);
  if (problems.length > 0) throw new InputError(problems);
  return files;
}

/** Source `breakhis`: the data set of that name, as it is unpacked. */
export const breakhisSource = defineSource({
  name: 'breakhis',
  apiVersion: 1,
  description: 'BreaKHis_v1: breast tumours at 40, 100, 200 and 400X, by patient',
  configSchema: BreakhisConfig,
  create: async (config, context) =>
    context.handedOver === undefined
      ? openBreakhis(config, context)
      : new ImagesSource(context.handedOver as readonly LoadedImage[]),
});
