import { MmsrError } from '@mmsr/core';

export type BreakhisClass = 'benign' | 'malignant';

/** The subtypes by the code in the name: class and folder. */
const SUBTYPES: Readonly<Record<string, readonly [BreakhisClass, string]>> = {
  B_A: ['benign', 'adenosis'],
  B_F: ['benign', 'fibroadenoma'],
  B_PT: ['benign', 'phyllodes_tumor'],
  B_TA: ['benign', 'tubular_adenoma'],
  M_DC: ['malignant', 'ductal_carcinoma'],
  M_LC: ['malignant', 'lobular_carcinoma'],
  M_MC: ['malignant', 'mucinous_carcinoma'],
  M_PC: ['malignant', 'papillary_carcinoma'],
};

export interface BreakhisName {
  readonly tumorClass: BreakhisClass;
  /** Year and slide, such as 14-22549AB. */
  readonly patient: string;
  readonly magnification: 40 | 100 | 200 | 400;
}

const NAME = /^SOB_([BM]_[A-Z]{1,2})-(\d+)-(\w+)-(40|100|200|400)-(\d+)\.png$/;

/**
 * What the path of an image of BreaKHis says:
 * `CLASS/SOB/SUBTYPE/SOB_B_A_14-22549AB/40X/SOB_B_A-14-22549AB-40-001.png`.
 * @throws MmsrError E_DATA naming the file when its name or its folders are others
 */
export function readBreakhisName(id: string): BreakhisName {
  const parts = id.split('/');
  const [, code = '', year, slide, magnification] = NAME.exec(parts.at(-1) ?? '') ?? [];
  const subtype = SUBTYPES[code];
  if (subtype === undefined) {
    throw layoutError(id, 'its name is not as BreaKHis has it', 'SOB_B_A-14-22549AB-40-001.png');
  }
  const patient = `${year}-${slide}`;
  const folders = [subtype[0], 'SOB', subtype[1], `SOB_${code}_${patient}`, `${magnification}X`];
  const found = parts.slice(-1 - folders.length, -1);
  if (found.join('/') !== folders.join('/')) {
    throw layoutError(id, 'it does not lie in the folders that its name says', folders.join('/'));
  }
  return {
    tumorClass: subtype[0],
    patient,
    magnification: Number(magnification) as BreakhisName['magnification'],
  };
}

function layoutError(where: string, message: string, expected: string): MmsrError {
  return new MmsrError('E_DATA', `${message}, such as ${expected}`, {
    where,
    advice: 'Unpack BreaKHis_v1 as it comes, and keep other images out of `path`.',
  });
}
