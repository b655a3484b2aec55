import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MmsrError } from '../errors.js';
import { pipFailure } from './failures.js';
import type { PartOrigin } from './part-record.js';
import { runPip } from './python.js';
import { unpack } from './unpack.js';
import { watchDownload } from './watch-download.js';

/** One file on the Python package index, pinned by its digest, and what of it is kept. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  /** As in the file's name, such as `manylinux_2_27_x86_64`. */
  readonly platform: string;
  /** Such as `cp311`; undefined for a wheel of any Python (`py3-none`). */
  readonly python?: string;
  readonly sizeBytes: number;
  /** Patterns of the members to unpack, as in {@link unpack}. */
  readonly members: readonly string[];
}

export interface FetchOptions {
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a wheel with pip, which checks the digest, and unpacks its chosen members into a folder. The
 * wheel need not fit the Python that runs pip: no Python code in it is run.
 * @param aside a folder for the download, which is removed
 * @throws MmsrError E_INSTALL with what pip said and what to do
 */
export async function fetchWheel(
  wheel: Wheel,
  folder: string,
  aside: string,
  { onProgress, signal }: FetchOptions,
): Promise<PartOrigin> {
  const downloads = join(aside, 'download');
  try {
    const file = await downloadWheel(wheel, downloads, { onProgress, signal });
    onProgress(`unpacking ${file}`);
    await unpack({ archive: join(downloads, file), folder, members: wheel.members, signal });
    return { file, digest: `sha256-${wheel.sha256}` };
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}

async function downloadWheel(
  wheel: Wheel,
  folder: string,
  { onProgress, signal }: FetchOptions,
): Promise<string> {
  // pip downloads into TMPDIR first; there it is on the disk that was checked, and removed with the rest.
  const temporary = join(folder, 'temporary');
  await mkdir(temporary, { recursive: true });
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const stopWatching = watchDownload(folder, wheel, onProgress);
  const { code, stdout, stderr } = await runPip(downloadArguments(wheel, requirements, folder), {
    environment: { TMPDIR: temporary },
    signal,
  }).finally(stopWatching);
  if (code !== 0) throw pipFailure(wheel, `${stdout}\n${stderr}`);
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new MmsrError('E_INSTALL', `pip saved no wheel of ${wheel.name}`);
  return file;
}

function downloadArguments(wheel: Wheel, requirements: string, folder: string): string[] {
  const python = wheel.python ?? 'cp311';
  return [
    ...['download', '--no-deps', '--only-binary=:all:', '--implementation', 'cp'],
    ...['--python-version', `${python.slice(2, 3)}.${python.slice(3)}`, '--abi', python],
    ...['--platform', wheel.platform, '--require-hashes', '-r', requirements, '-d', folder],
    // The copy in pip's cache would be hundreds of megabytes that nothing removes.
    ...['--no-cache-dir', '--progress-bar', 'off', '--disable-pip-version-check', '--no-input'],
  ];
}
