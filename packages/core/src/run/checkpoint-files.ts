import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MmsrError } from '../errors.js';
import { NEW_LOOP, type LoopState } from '../training/loop-state.js';
import { fileError, writeDurably } from './durable.js';

/** state.json of a checkpoint. */
export interface StateFile {
  readonly format: 2;
  readonly step: number;
  readonly loop: LoopState;
  /** SHA-256 of the other files, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

export const STATE_FILE = 'state.json';
export const MODEL_FILE = 'model.safetensors';
export const OPTIMIZER_FILE = 'optimizer.safetensors';
export const AVERAGE_FILE = 'average.safetensors';

/** The file is not what was saved; another reason for not reading it is no damage. */
export class CheckpointDamage extends MmsrError {
  constructor(message: string, where: string) {
    super('E_CHECKPOINT', message, { where });
  }
}

export interface VerifiedCheckpoint {
  readonly state: StateFile;
  /** The files beside state.json, by name, as they were saved. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The text of state.json; its last key is the digest of the rest, so that it too is checked when read. */
export function formatState(state: StateFile): string {
  const digest = sha256(JSON.stringify(state));
  return `${JSON.stringify({ ...state, digest }, null, 2)}\n`;
}

/**
 * Reads a checkpoint and checks every byte of it by digest.
 * @throws CheckpointDamage when a file is missing, cut or changed
 * @throws MmsrError E_FILE when one cannot be read for another reason, such as permissions
 */
export async function verifyCheckpoint(path: string): Promise<VerifiedCheckpoint> {
  const state = await readState(path);
  const files = new Map<string, Uint8Array>();
  for (const [name, digest] of Object.entries(state.sha256)) {
    const file = join(path, name);
    const bytes = await readOrDamage(file);
    if (sha256(bytes) !== digest) {
      throw new CheckpointDamage('its digest is not the one it was saved with', file);
    }
    files.set(name, bytes);
  }
  return { state, files };
}

/**
 * The loop's state of a checkpoint, whose own digest is checked, not those of the other files; undefined
 * where it is damaged.
 */
export async function readLoopState(path: string): Promise<LoopState | undefined> {
  try {
    return (await readState(path)).loop;
  } catch (error) {
    if (error instanceof CheckpointDamage) return undefined;
    throw error;
  }
}

/**
 * Replaces the loop's state of a whole checkpoint, durably: it is the old one or the new one.
 * @throws CheckpointDamage when it is not whole
 */
export async function replaceLoopState(path: string, loop: LoopState): Promise<void> {
  const { state } = await verifyCheckpoint(path);
  await writeDurably(join(path, STATE_FILE), formatState({ ...state, loop }));
}

/** Whether every byte is as it was saved; reading that fails for another reason is an error. */
export async function isWhole(path: string): Promise<boolean> {
  try {
    await verifyCheckpoint(path);
    return true;
  } catch (error) {
    if (error instanceof CheckpointDamage) return false;
    throw error;
  }
}

async function readState(path: string): Promise<StateFile> {
  const where = join(path, STATE_FILE);
  const text = (await readOrDamage(where)).toString('utf8');
  const state = parseState(text);
  if (state === undefined) throw new CheckpointDamage('is not the state of a checkpoint', where);
  if (formatState(state) !== text) {
    throw new CheckpointDamage('its digest is not the one it was saved with', where);
  }
  if (String(state.step) !== basename(path)) {
    throw new CheckpointDamage(`is of step ${state.step}`, where);
  }
  return state;
}

function parseState(text: string): StateFile | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value.format !== 2 || !isRecord(value.sha256)) return undefined;
  const { step, loop, sha256: digests } = value;
  const names = Object.keys(digests);
  const known = [MODEL_FILE, OPTIMIZER_FILE, AVERAGE_FILE];
  const isComplete = names.includes(MODEL_FILE) && names.includes(OPTIMIZER_FILE);
  if (!isComplete || !names.every((name) => known.includes(name))) return undefined;
  if (!Number.isSafeInteger(step) || !isLoopState(loop)) return undefined;
  return { format: 2, step: step as number, loop, sha256: digests as Record<string, string> };
}

function isLoopState(value: unknown): value is LoopState {
  if (!isRecord(value)) return false;
  const isKnown = Object.entries(NEW_LOOP).every(
    ([key, item]) => typeof value[key] === typeof item,
  );
  const { validation = {} } = value;
  const isValidation =
    isRecord(validation) && Object.values(validation).every((mean) => typeof mean === 'number');
  return isKnown && isValidation && isRecord(value.losses) && isRecord(value.losses.sums);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is missing, or is of another kind, was damaged; what may not be read may be whole. */
const DAMAGE = ['ENOENT', 'ENOTDIR', 'EISDIR'];

async function readOrDamage(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const failure = fileError('cannot be read', path, error);
    if (DAMAGE.includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw new CheckpointDamage(failure.message, path);
    }
    throw failure;
  }
}
