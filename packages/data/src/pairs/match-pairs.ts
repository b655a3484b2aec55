import { MmsrError } from '@mmsr/core';
import type { FoundFile } from '../images/find-files.js';

export interface MatchedPair {
  readonly hr: FoundFile;
  readonly lr: FoundFile;
}

/** What LR files have at the end of their names beside those of their HR files, such as `x2`. */
export interface NameEndings {
  readonly hrSuffix: string;
  readonly lrSuffix: string;
}

/**
 * Lays HR and LR files together by name: the path below the folder that all files of a side share, without
 * suffix and extension.
 * @returns the pairs in the order of the HR files, and an E_DATA error for each file without a partner
 */
export function matchPairs(
  hr: readonly FoundFile[],
  lr: readonly FoundFile[],
  { hrSuffix, lrSuffix }: NameEndings,
): { pairs: MatchedPair[]; problems: MmsrError[] } {
  const left = byName(hr, hrSuffix, 'HR');
  const right = byName(lr, lrSuffix, 'LR');
  const pairs = [...left.files].flatMap(([name, file]): MatchedPair[] => {
    const partner = right.files.get(name);
    return partner === undefined ? [] : [{ hr: file, lr: partner }];
  });
  const problems = [
    ...left.problems,
    ...right.problems,
    ...lonely(left.files, right.files, 'LR', lrSuffix),
    ...lonely(right.files, left.files, 'HR', hrSuffix),
  ];
  return { pairs, problems };
}

function byName(files: readonly FoundFile[], suffix: string, side: string) {
  const folder = sharedFolder(files.map(({ id }) => id));
  const named = new Map<string, FoundFile>();
  const problems: MmsrError[] = [];
  for (const file of files) {
    const stem = file.id.slice(folder.length).replace(/\.[^./]*$/, '');
    if (!stem.endsWith(suffix)) {
      problems.push(wrongEnding(file.id, suffix, side));
      continue;
    }
    const name = stem.slice(0, stem.length - suffix.length);
    const twin = named.get(name);
    if (twin === undefined) named.set(name, file);
    else problems.push(twoOfOneName(file.id, twin.id, side));
  }
  return { files: named, problems };
}

/** Of all paths, with its slash at the end; empty where they share none. */
function sharedFolder(ids: readonly string[]): string {
  const folders = ids.map((id) => id.slice(0, id.lastIndexOf('/') + 1));
  return folders.reduce((shared, folder) => {
    while (!folder.startsWith(shared))
      shared = shared.slice(0, shared.lastIndexOf('/', shared.length - 2) + 1);
    return shared;
  }, folders[0] ?? '');
}

function wrongEnding(where: string, suffix: string, side: string): MmsrError {
  const key = `${side.toLowerCase()}Suffix`;
  return new MmsrError('E_DATA', `its name does not end with "${suffix}" before the extension`, {
    where,
    advice: `Correct \`${key}\`, or leave the file out of \`${side.toLowerCase()}\`.`,
  });
}

function twoOfOneName(where: string, twin: string, side: string): MmsrError {
  return new MmsrError('E_DATA', `has the name of another ${side} file, ${twin}`, {
    where,
    advice: 'A pair is one HR and one LR file of one name.',
  });
}

function lonely(
  files: ReadonlyMap<string, FoundFile>,
  others: ReadonlyMap<string, FoundFile>,
  missing: string,
  suffix: string,
): MmsrError[] {
  return [...files].flatMap(([name, { id }]) => {
    if (others.has(name)) return [];
    return [
      new MmsrError('E_DATA', `no ${missing} file belongs to it: none is called ${name}${suffix}`, {
        where: id,
        advice: 'Pairs are matched by the path below the folder that the files of a side share.',
      }),
    ];
  });
}
