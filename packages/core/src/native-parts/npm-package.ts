import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MmsrError } from '../errors.js';
import { npmFailure } from './failures.js';
import type { PartOrigin } from './part-record.js';
import { runTool } from './run-tool.js';
import { unpack } from './unpack.js';
import type { FetchOptions } from './wheels.js';

/** A package of the npm registry, pinned by its digest, and what of it is kept. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** As in package-lock.json: `sha512-` and base64. */
  readonly integrity: string;
  /** Patterns of the members to unpack, named as in the tarball, `package/` first. */
  readonly members: readonly string[];
  readonly except?: readonly string[];
}

/**
 * Downloads a package with npm, without running anything in it, checks its digest and unpacks its chosen
 * members into a folder, without their leading `package/`.
 * @param aside a folder for the download, which is removed
 * @throws MmsrError E_INSTALL with what npm said and what to do
 */
export async function fetchPackage(
  pinned: PinnedPackage,
  folder: string,
  aside: string,
  { onProgress, signal }: FetchOptions,
): Promise<PartOrigin> {
  const downloads = join(aside, 'package');
  try {
    await mkdir(downloads, { recursive: true });
    onProgress(`downloading ${pinned.name} ${pinned.version}`);
    const file = await pack(`${pinned.name}@${pinned.version}`, downloads, signal);
    const archive = join(downloads, file);
    checkIntegrity(await readFile(archive), pinned);
    const { members, except = [] } = pinned;
    await unpack({ archive, folder, members, except, strip: 1, signal });
    return { file, digest: pinned.integrity };
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}

async function pack(
  specifier: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const quickly = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  const args = ['pack', specifier, '--ignore-scripts', '--pack-destination', folder, ...quickly];
  const { code, stdout, stderr } = await runTool('npm', args, { folder, signal });
  const file = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (code !== 0 || file === undefined) throw npmFailure(specifier, `${stdout}\n${stderr}`);
  return file;
}

function checkIntegrity(bytes: Uint8Array, { name, version, integrity }: PinnedPackage): void {
  const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (found === integrity) return;
  throw new MmsrError('E_INSTALL', `the package has the digest ${found}, not ${integrity}`, {
    where: `${name} ${version}`,
    advice: 'Try again; if that does not help, the npm registry that is set leads to another file.',
  });
}
