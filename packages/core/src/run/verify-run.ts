import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf, MmsrError } from '../errors.js';
import { escapeReferences } from '../experiment/environment.js';
import { CheckpointDamage, sha256, verifyCheckpoint } from './checkpoint-files.js';
import { listCheckpoints } from './checkpoint-list.js';
import { readEvents } from './event-log.js';
import { differences, type Manifest, type RunInputs } from './manifest.js';
import { RunDirectory } from './run-directory.js';
import type { Seal, SealedCheckpoint } from './seal.js';

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  /** Undefined: as it should be. */
  readonly fault?: string;
}

export interface VerifiedRun {
  readonly manifest: Manifest;
  readonly findings: readonly Finding[];
}

/**
 * Recomputes the digests of a run directory: manifest, results and every checkpoint.
 * @throws MmsrError E_RUN_DIRECTORY when it is not a run that is done
 */
export async function verifyFiles(directory: string): Promise<VerifiedRun> {
  const run = new RunDirectory(directory);
  const [manifest, seal] = [await run.manifest(), await run.seal()];
  if (manifest === undefined) throw notDone(directory, 'holds no run');
  if (seal === undefined) throw notDone(directory, 'holds no run that is done');
  const findings = [
    await fileFinding(directory, 'manifest.json', seal.manifest),
    await fileFinding(directory, 'results.json', seal.results),
  ];
  const steps = await listCheckpoints(run.checkpoints);
  const sealed = new Set(sealedCheckpoints(seal).map(({ step }) => step));
  for (const step of sealed) {
    if (!steps.includes(step)) findings.push({ what: `checkpoint ${step}`, fault: 'is missing' });
  }
  for (const step of steps) findings.push(await checkpointFinding(run.checkpoints, step, seal));
  return { manifest, findings };
}

/**
 * The experiment of a run as a file that `readExperiment` reads: the engine is the one that computed it,
 * with as many threads where it has threads to set; no tracker follows it.
 */
export function experimentFile({ experiment, device }: Manifest, hasThreads: boolean): string {
  const { engine } = experiment;
  const options = engine.name === 'auto' ? { name: device.engine } : engine;
  const threads = hasThreads ? { threads: device.threads } : {};
  const again = { ...experiment, engine: { ...options, ...threads }, tracking: null };
  // JSON is YAML; what looks like an environment variable is text by now.
  return JSON.stringify(again, (_, value: unknown) =>
    typeof value === 'string' ? escapeReferences(value) : value,
  );
}

/** Compares the images as they are now, those colours are normalised to included, with those of the run. */
export function dataFinding(
  manifest: Manifest,
  now: Pick<Manifest, 'data'> & Pick<RunInputs, 'references'>,
): Finding {
  const changes = differences(manifest, { experiment: manifest.experiment, ...now });
  const images = Object.values(now.data).reduce((sum, split) => sum + split.images.length, 0);
  const what = `${images} image${images === 1 ? '' : 's'}`;
  return changes.length === 0
    ? { what }
    : { what, fault: changes.map(({ text }) => text).join('; ') };
}

/**
 * Compares a run with its repetition: results byte for byte; weights and optimizer state bit for bit, of the last
 * checkpoint and of the one that was best in validation; what each validation gave.
 */
export async function repetitionFindings(directory: string, again: string): Promise<Finding[]> {
  const text = (folder: string) => readFile(join(folder, 'results.json'), 'utf8');
  const [seal, other] = [
    await new RunDirectory(directory).seal(),
    await new RunDirectory(again).seal(),
  ];
  const [validation, repeated] = [await validationOf(directory), await validationOf(again)];
  const compared = [
    same('results.json', 'is not the same', await text(directory), await text(again)),
    same('weights', 'are not the same', seal?.checkpoint, other?.checkpoint),
    same('weights that were best', 'are not the same', seal?.best, other?.best),
    same('validation', 'is not the same', validation, repeated),
  ];
  return compared.flatMap((finding) => finding ?? []);
}

/** Undefined where neither run has it. */
function same(what: string, fault: string, one: unknown, other: unknown): Finding | undefined {
  if (one === undefined && other === undefined) return undefined;
  const isSame = isDeepStrictEqual(one, other);
  return { what: `${what} of the repetition`, ...(!isSame && { fault }) };
}

/** What events.jsonl says of each validation, by step: of a step that was done twice, the later line. */
async function validationOf(directory: string): Promise<Map<number, unknown> | undefined> {
  const bySteps = new Map<number, unknown>();
  for (const event of await readEvents(join(directory, 'events.jsonl'))) {
    if (event.type !== 'metrics') continue;
    const values = Object.entries(event.values).filter(([key]) => key.startsWith('validation.'));
    if (values.length > 0) bySteps.set(event.step, Object.fromEntries(values));
  }
  return bySteps.size === 0 ? undefined : bySteps;
}

async function fileFinding(directory: string, name: string, digest: string): Promise<Finding> {
  try {
    const isSame = sha256(await readFile(join(directory, name))) === digest;
    return isSame ? { what: name } : { what: name, fault: 'is not what the run wrote' };
  } catch (error) {
    return { what: name, fault: `cannot be read (${messageOf(error)})` };
  }
}

async function checkpointFinding(folder: string, step: number, seal: Seal): Promise<Finding> {
  const what = `checkpoint ${step}`;
  try {
    const { state } = await verifyCheckpoint(join(folder, String(step)));
    const isSealed = sealedCheckpoints(seal)
      .filter((sealed) => sealed.step === step)
      .every(({ sha256: digests }) => isDeepStrictEqual(state.sha256, digests));
    return isSealed ? { what } : { what, fault: 'is whole, but not what the run ended with' };
  } catch (error) {
    if (error instanceof CheckpointDamage) return { what, fault: error.describe() };
    throw error;
  }
}

function sealedCheckpoints({ checkpoint, best }: Seal): SealedCheckpoint[] {
  return best === undefined ? [checkpoint] : [checkpoint, best];
}

function notDone(where: string, message: string): MmsrError {
  return new MmsrError('E_RUN_DIRECTORY', message, {
    where,
    advice: 'Name the run directory of a cell that is done, such as runs/NAME/main.',
  });
}
