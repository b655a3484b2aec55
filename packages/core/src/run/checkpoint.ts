import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NamedArrays, StepState } from '../contracts/train-step.js';
import { messageOf, MmsrError } from '../errors.js';
import type { Parameter, ParameterScope } from '../model/parameter-scope.js';
import { fromTorchLayout, toTorchLayout } from '../model/torch-layout.js';
import { fileError, syncFolder, writeDurably } from './durable.js';
import { readSafetensors, writeSafetensors, type SafeTensor } from './safetensors.js';

/*
 * A checkpoint is a folder named by its step:
 *   model.safetensors      the weights, names and layout of a PyTorch state_dict
 *   average.safetensors    the same, averaged (EMA), when an average is kept
 *   optimizer.safetensors  Adam's moments: exp_avg.NAME and exp_avg_sq.NAME
 *   state.json             step, and the SHA-256 of the other files
 */
interface StateFile {
  readonly format: 1;
  readonly step: number;
  readonly sha256: Readonly<Record<string, string>>;
}

const FIRST_MOMENT = 'exp_avg.';
const SECOND_MOMENT = 'exp_avg_sq.';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function encode(parameters: readonly Parameter[], arrays: NamedArrays, prefix = '') {
  return parameters.map(({ name, shape, layout }): [string, SafeTensor] => [
    prefix + name,
    toTorchLayout(arrays.get(name) as Float32Array, shape, layout),
  ]);
}

function encodeState(parameters: ParameterScope, state: StepState): Map<string, Uint8Array> {
  const { all, trainable } = parameters;
  const metadata = { format: 'pt', step: String(state.step) };
  const files = new Map([
    ['model.safetensors', writeSafetensors(new Map(encode(all, state.parameters)), metadata)],
    [
      'optimizer.safetensors',
      writeSafetensors(
        new Map([
          ...encode(trainable, state.firstMoment, FIRST_MOMENT),
          ...encode(trainable, state.secondMoment, SECOND_MOMENT),
        ]),
        metadata,
      ),
    ],
  ]);
  if (state.average !== undefined) {
    files.set(
      'average.safetensors',
      writeSafetensors(new Map(encode(all, state.average)), metadata),
    );
  }
  return files;
}

/**
 * Saves a checkpoint: written aside, synced, renamed. One of the same step is left as it is.
 * @returns its folder
 */
export async function saveCheckpoint(
  folder: string,
  parameters: ParameterScope,
  state: StepState,
): Promise<string> {
  const target = join(folder, String(state.step));
  const steps = await listCheckpoints(folder);
  if (steps.includes(state.step)) return target;
  const aside = join(folder, `${state.step}.${process.pid}.tmp`);
  const files = encodeState(parameters, state);
  const digests = [...files].map(([name, bytes]) => [name, sha256(bytes)] as const);
  const stateFile: StateFile = {
    format: 1,
    step: state.step,
    sha256: Object.fromEntries(digests),
  };
  try {
    await mkdir(aside, { recursive: true });
    for (const [name, bytes] of files) await writeDurably(join(aside, name), bytes);
    await writeDurably(join(aside, 'state.json'), `${JSON.stringify(stateFile, null, 2)}\n`);
    await rename(aside, target);
    await syncFolder(folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    throw error instanceof MmsrError ? error : fileError('cannot be written', target, error);
  }
  return target;
}

/** Steps of the checkpoints in a folder, ascending; none when there is no folder. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError('cannot be read', folder, error);
  }
  return entries
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Removes all but the newest `keep` checkpoints, and what an interrupted save left. */
export async function pruneCheckpoints(folder: string, keep: number): Promise<void> {
  const steps = await listCheckpoints(folder);
  const old = steps.slice(0, Math.max(0, steps.length - keep)).map(String);
  const entries = await readdir(folder);
  const left = entries.filter((name) => name.endsWith('.tmp'));
  for (const name of [...old, ...left]) await rm(join(folder, name), { recursive: true });
}

/**
 * Loads a checkpoint.
 * @throws MmsrError E_CHECKPOINT when a file is missing, its digest differs or it is of another model
 */
export async function loadCheckpoint(path: string, parameters: ParameterScope): Promise<StepState> {
  const stateFile = await readState(path);
  const files = new Map<string, Uint8Array>();
  for (const [name, digest] of Object.entries(stateFile.sha256)) {
    files.set(name, await readVerified(join(path, name), digest));
  }
  const decode = (file: string, list: readonly Parameter[], prefix = '') =>
    decodeArrays(files.get(file), join(path, file), list, prefix);
  const { all, trainable } = parameters;
  return {
    step: stateFile.step,
    parameters: decode('model.safetensors', all),
    firstMoment: decode('optimizer.safetensors', trainable, FIRST_MOMENT),
    secondMoment: decode('optimizer.safetensors', trainable, SECOND_MOMENT),
    ...(files.has('average.safetensors') ? { average: decode('average.safetensors', all) } : {}),
  };
}

async function readState(path: string): Promise<StateFile> {
  const where = join(path, 'state.json');
  let state: unknown;
  try {
    state = JSON.parse(await readFile(where, 'utf8'));
  } catch (error) {
    throw damaged(`cannot be read: ${messageOf(error)}`, where);
  }
  if (!isStateFile(state)) throw damaged('is not the state of a checkpoint', where);
  return state;
}

function isStateFile(value: unknown): value is StateFile {
  const state = value as Partial<StateFile> | null;
  return (
    state?.format === 1 &&
    Number.isSafeInteger(state.step) &&
    typeof state.sha256 === 'object' &&
    Object.keys(state.sha256).every((name) => /^[a-z]+\.safetensors$/.test(name))
  );
}

async function readVerified(path: string, digest: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw damaged(`cannot be read: ${messageOf(error)}`, path);
  }
  if (sha256(bytes) !== digest) throw damaged('its digest is not the one it was saved with', path);
  return bytes;
}

function decodeArrays(
  bytes: Uint8Array | undefined,
  where: string,
  parameters: readonly Parameter[],
  prefix: string,
): Map<string, Float32Array> {
  if (bytes === undefined) throw damaged('is missing', where);
  const { tensors } = readSafetensors(bytes, where);
  return new Map(
    parameters.map(({ name, shape, layout }) => {
      const tensor = tensors.get(prefix + name);
      if (tensor === undefined) throw damaged(`has no "${prefix}${name}"`, where);
      return [name, fromTorchLayout(tensor, shape, layout)];
    }),
  );
}

function damaged(message: string, where: string): MmsrError {
  return new MmsrError('E_CHECKPOINT', message, { where });
}
