import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NamedArrays, StepState } from '../contracts/train-step.js';
import { MmsrError } from '../errors.js';
import type { Parameter, ParameterScope } from '../model/parameter-scope.js';
import { fromTorchLayout, toTorchLayout } from '../model/torch-layout.js';
import { NEW_LOOP, type LoopState } from '../training/loop-state.js';
import {
  AVERAGE_FILE,
  formatState,
  isWhole,
  MODEL_FILE,
  OPTIMIZER_FILE,
  sha256,
  STATE_FILE,
  verifyCheckpoint,
} from './checkpoint-files.js';
import { listCheckpoints, setDamagedAside, UNFINISHED } from './checkpoint-list.js';
import { fileError, syncFolder, writeDurably } from './durable.js';
import { readSafetensors, writeSafetensors, type SafeTensor } from './safetensors.js';

/*
 * A checkpoint is a folder named by its step:
 *   model.safetensors      the weights, names and layout of a PyTorch state_dict
 *   average.safetensors    the same, averaged (EMA), when an average is kept
 *   optimizer.safetensors  Adam's moments: exp_avg.NAME and exp_avg_sq.NAME
 *   state.json             step, state of the loop, the SHA-256 of the other files and of itself
 */
export interface Checkpoint {
  readonly state: StepState;
  readonly loop: LoopState;
}

const FIRST_MOMENT = 'exp_avg.';
const SECOND_MOMENT = 'exp_avg_sq.';

function encode(parameters: readonly Parameter[], arrays: NamedArrays, prefix = '') {
  return parameters.map(({ name, shape, layout }): [string, SafeTensor] => [
    prefix + name,
    toTorchLayout(arrays.get(name) as Float32Array, shape, layout),
  ]);
}

/** The files of a checkpoint but state.json, by name. */
export function encodeState(parameters: ParameterScope, state: StepState): Map<string, Uint8Array> {
  const { all, trainable } = parameters;
  const metadata = { format: 'pt', step: String(state.step) };
  const files = new Map([
    [MODEL_FILE, writeSafetensors(new Map(encode(all, state.parameters)), metadata)],
    [
      OPTIMIZER_FILE,
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
    files.set(AVERAGE_FILE, writeSafetensors(new Map(encode(all, state.average)), metadata));
  }
  return files;
}

/**
 * Saves a checkpoint: written aside, synced, renamed. A whole one of the same step is left as it is, a
 * damaged one is kept aside.
 * @param folder must be there: a folder that vanished is an error, not made again
 * @returns its folder
 * @throws MmsrError E_FILE when it could not be saved; the ones before are as they were
 */
export async function saveCheckpoint(
  folder: string,
  parameters: ParameterScope,
  state: StepState,
  loop: LoopState = NEW_LOOP,
): Promise<string> {
  const target = join(folder, String(state.step));
  if ((await listCheckpoints(folder)).includes(state.step)) {
    if (await isWhole(target)) return target;
    await setDamagedAside(folder, state.step);
  }
  const aside = `${target}.${process.pid}${UNFINISHED}`;
  try {
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside);
    await writeFiles(aside, encodeState(parameters, state), { step: state.step, loop });
    await rename(aside, target);
    await syncFolder(folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    throw error instanceof MmsrError ? error : fileError('cannot be written', target, error);
  }
  return target;
}

async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  { step, loop }: { readonly step: number; readonly loop: LoopState },
): Promise<void> {
  for (const [name, bytes] of files) await writeDurably(join(folder, name), bytes);
  const digests = [...files].map(([name, bytes]) => [name, sha256(bytes)] as const);
  const text = formatState({ format: 2, step, loop, sha256: Object.fromEntries(digests) });
  await writeDurably(join(folder, STATE_FILE), text);
}

/**
 * Loads a checkpoint.
 * @throws CheckpointDamage when a file is missing or is not what was saved
 * @throws MmsrError E_CHECKPOINT when it is of another model, E_FILE when it cannot be read
 */
export async function loadCheckpoint(
  path: string,
  parameters: ParameterScope,
): Promise<Checkpoint> {
  const { state, files } = await verifyCheckpoint(path);
  const decode = (file: string, list: readonly Parameter[], prefix = '') =>
    decodeArrays(files.get(file) as Uint8Array, join(path, file), list, prefix);
  const { all, trainable } = parameters;
  return {
    loop: state.loop,
    state: {
      step: state.step,
      parameters: decode(MODEL_FILE, all),
      firstMoment: decode(OPTIMIZER_FILE, trainable, FIRST_MOMENT),
      secondMoment: decode(OPTIMIZER_FILE, trainable, SECOND_MOMENT),
      ...(files.has(AVERAGE_FILE) ? { average: decode(AVERAGE_FILE, all) } : {}),
    },
  };
}

function decodeArrays(
  bytes: Uint8Array,
  where: string,
  parameters: readonly Parameter[],
  prefix: string,
): Map<string, Float32Array> {
  const { tensors } = readSafetensors(bytes, where);
  return new Map(
    parameters.map(({ name, shape, layout }) => {
      const tensor = tensors.get(prefix + name);
      if (tensor === undefined) {
        throw new MmsrError('E_CHECKPOINT', `has no "${prefix}${name}"`, {
          where,
          advice: 'It is of another model: use the experiment file that made it.',
        });
      }
      return [name, fromTorchLayout(tensor, shape, layout)];
    }),
  );
}
