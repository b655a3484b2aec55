import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MmsrError } from '../errors.js';
import { sha256, verifyCheckpoint } from './checkpoint-files.js';
import { listCheckpoints } from './checkpoint-list.js';
import { fileError } from './durable.js';

/** seal.json: digests of what a run ended with, written before results.json says that it is done. */
export interface Seal {
  readonly format: 1;
  /** SHA-256 of results.json and of manifest.json. */
  readonly results: string;
  readonly manifest: string;
  /** The last checkpoint: its step, and the SHA-256 of its files by name. */
  readonly checkpoint: SealedCheckpoint;
  /** The one that was best in validation, where that is kept. */
  readonly best?: SealedCheckpoint;
}

export interface SealedCheckpoint {
  readonly step: number;
  readonly sha256: Readonly<Record<string, string>>;
}

/** What is sealed of a run directory whose results.json will have this text. */
export async function sealOf(directory: string, results: string, best?: number): Promise<Seal> {
  const checkpoints = join(directory, 'checkpoints');
  const step = (await listCheckpoints(checkpoints)).at(-1);
  if (step === undefined) {
    throw new MmsrError('E_RUN_DIRECTORY', 'holds no checkpoint', { where: checkpoints });
  }
  const sealed = async (at: number): Promise<SealedCheckpoint> => {
    const { state } = await verifyCheckpoint(join(checkpoints, String(at)));
    return { step: at, sha256: state.sha256 };
  };
  return {
    format: 1,
    results: sha256(results),
    manifest: sha256(await readOrFail(join(directory, 'manifest.json'))),
    checkpoint: await sealed(step),
    ...(best !== undefined && { best: await sealed(best) }),
  };
}

async function readOrFail(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError('cannot be read', path, error);
  }
}
