import { readdir, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunEvent } from '../contracts/tracker.js';
import type { StepState } from '../contracts/train-step.js';
import { messageOf, MmsrError } from '../errors.js';
import type { ParameterScope } from '../model/parameter-scope.js';
import type { LoopState } from '../training/loop-state.js';
import type { KeepBest } from '../experiment/schema.js';
import { bestCheckpoints, type ValidatedCheckpoint } from './best-checkpoint.js';
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint.js';
import { checkedManifest, checkedResults, checkedSeal } from './checked-files.js';
import { CheckpointDamage, replaceLoopState } from './checkpoint-files.js';
import {
  holdsDamaged,
  listCheckpoints,
  pruneCheckpoints,
  removeUnfinished,
  setDamagedAside,
  type Retention,
} from './checkpoint-list.js';
import { fileError, makeFolder, writeDurably } from './durable.js';
import { EventLog } from './event-log.js';
import {
  differences,
  runDifferences,
  threadChange,
  type Difference,
  type DifferenceKind,
  type Manifest,
  type RunInputs,
} from './manifest.js';
import type { CellResults } from './results.js';
import { sealOf, type Seal } from './seal.js';
import { RunLock, type RunLockOptions } from './run-lock.js';

/** An event as it is recorded; the directory adds the time. */
export type EventContent = RunEvent extends infer Event
  ? Event extends RunEvent
    ? Omit<Event, 'time'>
    : never
  : never;

/** The files of one cell: manifest.json, events.jsonl, checkpoints/, results.json, images/. */
export class RunDirectory {
  readonly checkpoints: string;
  readonly images: string;
  readonly #events: EventLog;
  #listener: (event: RunEvent) => void = () => undefined;
  #lastStep = 0;
  #lock: RunLock | undefined;

  constructor(readonly path: string) {
    this.checkpoints = join(path, 'checkpoints');
    this.images = join(path, 'images');
    this.#events = new EventLog(join(path, 'events.jsonl'));
  }

  /** Follows every event from now on, once it is in events.jsonl. */
  onEvent(listener: (event: RunEvent) => void): void {
    this.#listener = listener;
  }

  /**
   * Takes the directory for this process alone, until {@link unlock}.
   * @throws MmsrError E_RUN_LOCKED saying which process works in it
   */
  async lock(options?: RunLockOptions): Promise<void> {
    this.#lock = await RunLock.take(this.path, options);
  }

  /** @throws MmsrError E_RUN_LOCKED when another process took the directory over */
  async assertHeld(): Promise<void> {
    await this.#lock?.assertHeld();
  }

  async unlock(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /** Undefined as long as the cell is not done. */
  results(): Promise<CellResults | undefined> {
    return this.#read('results.json', checkedResults);
  }

  /**
   * The results, when they are those of this experiment and these images.
   * @throws MmsrError E_RUN_DIRECTORY when they are of another run, naming the differences
   */
  async resultsOf(
    inputs: RunInputs,
    allowed: readonly DifferenceKind[] = [],
  ): Promise<CellResults | undefined> {
    const results = await this.results();
    if (results === undefined) return undefined;
    const manifest = await this.manifest();
    if (manifest !== undefined) this.#refuse(differences(manifest, inputs), allowed);
    return results;
  }

  /** In what the run that lies here differs from what is asked for now; empty where none does. */
  async staleness(inputs: RunInputs): Promise<string[]> {
    const manifest = await this.manifest();
    return manifest === undefined ? [] : differences(manifest, inputs).map(({ text }) => text);
  }

  /** For what {@link claim} would refuse; empty where it would not. */
  async refusals(manifest: Manifest, allowed: readonly DifferenceKind[] = []): Promise<string[]> {
    const existing = await this.manifest();
    const changes = existing === undefined ? [] : runDifferences(existing, manifest);
    return changes.filter(({ kind }) => !allowed.includes(kind)).map(({ text }) => text);
  }

  /**
   * Moves the run that lies here into the folder `.stale` beside it, so that its place is free.
   * @returns where it is now
   */
  async setAside(): Promise<string> {
    const folder = join(dirname(this.path), '.stale');
    await makeFolder(folder);
    try {
      const taken = new Set(await readdir(folder));
      const name = basename(this.path);
      let number = 1;
      while (taken.has(`${name}.${number}`)) number++;
      const aside = join(folder, `${name}.${number}`);
      await rename(this.path, aside);
      return aside;
    } catch (error) {
      throw fileError('cannot be moved aside', this.path, error);
    }
  }

  #refuse(changes: readonly Difference[], allowed: readonly DifferenceKind[]): void {
    const refused = changes.filter(({ kind }) => !allowed.includes(kind));
    if (refused.length === 0) return;
    const kinds = [...new Set(refused.map(({ kind }) => kind))];
    const allow = kinds.map((kind) => `--allow ${kind}`).join(' ');
    throw new MmsrError(
      'E_RUN_DIRECTORY',
      `holds a run that was begun otherwise; different are: ${refused.map(({ text }) => text).join('; ')}`,
      {
        where: this.path,
        advice:
          'Change `name` in the YAML or the folder with --out; run with --rerun-stale, which moves ' +
          `this run aside and does it again; or go on all the same with ${allow}.`,
      },
    );
  }

  /** Digests of what the run ended with; undefined as long as it has not. */
  seal(): Promise<Seal | undefined> {
    return this.#read('seal.json', checkedSeal);
  }

  manifest(): Promise<Manifest | undefined> {
    return this.#read('manifest.json', checkedManifest);
  }

  /**
   * Takes the directory for a run: makes it, or checks that it is of the same experiment and data.
   * @param allowed in what it may differ; that is noted in its manifest
   * @throws MmsrError E_RUN_DIRECTORY naming the differences
   */
  async claim(manifest: Manifest, allowed: readonly DifferenceKind[] = []): Promise<void> {
    const existing = await this.manifest();
    const changes = existing === undefined ? [] : runDifferences(existing, manifest);
    this.#refuse(changes, allowed);
    await makeFolder(this.checkpoints);
    if (existing === undefined) await this.#write('manifest.json', manifest);
    await removeUnfinished(this.path);
    if (existing !== undefined) await this.#noteChanges(existing, manifest, changes);
    await removeUnfinished(this.checkpoints);
  }

  async #noteChanges(
    before: Manifest,
    now: Manifest,
    changes: readonly Difference[],
  ): Promise<void> {
    const threads = threadChange(before, now);
    const texts = [...changes.map(({ text }) => text), ...(threads === undefined ? [] : [threads])];
    if (texts.length === 0) return;
    const resumedWith = [...(before.resumedWith ?? []), { date: now.created, differences: texts }];
    // What it is now is what its end is computed with; how it began stays in the list.
    await this.#write('manifest.json', { ...now, created: before.created, resumedWith });
    const message = `resumed otherwise than it began: ${texts.join('; ')}`;
    await this.record({ type: 'warning', step: this.#lastStep, message });
  }

  /** Of the newest event of this process. */
  get lastStep(): number {
    return this.#lastStep;
  }

  async record(content: EventContent): Promise<void> {
    await this.assertHeld();
    const event = { time: Date.now(), ...content } as RunEvent;
    await this.#events.append(event);
    this.#lastStep = event.step;
    this.#listener(event);
  }

  /** Steps of the newest checkpoint; 0 where there is none. */
  async savedSteps(): Promise<number> {
    return (await listCheckpoints(this.checkpoints)).at(-1) ?? 0;
  }

  /** Saves a checkpoint and removes those that are not to stay. */
  async save(
    parameters: ParameterScope,
    { state, loop }: { readonly state: StepState; readonly loop?: LoopState },
    retention: Retention,
  ): Promise<void> {
    await this.assertHeld();
    await saveCheckpoint(this.checkpoints, parameters, state, loop);
    await this.record({ type: 'checkpoint', step: state.step, path: `checkpoints/${state.step}` });
    await pruneCheckpoints(this.checkpoints, retention);
  }

  /** Notes the validation of a step in the checkpoint that was saved before it was validated. */
  async noteValidation({ step }: Pick<StepState, 'step'>, loop: LoopState): Promise<void> {
    await this.assertHeld();
    await replaceLoopState(join(this.checkpoints, String(step)), loop);
  }

  /** The checkpoint that was best in validation; undefined where none is to be kept for that, or none was validated. */
  async bestCheckpoint(keepBest: KeepBest | null): Promise<ValidatedCheckpoint | undefined> {
    if (keepBest === null) return undefined;
    const steps = await listCheckpoints(this.checkpoints);
    return (await bestCheckpoints(this.checkpoints, steps, { ...keepBest, count: 1 }))[0];
  }

  /**
   * The newest checkpoint that is whole. Newer ones, which are damaged, are kept aside with the ending
   * .damaged and recorded as warnings.
   * @param onDamage is told of each
   * @returns undefined when none was ever saved
   * @throws MmsrError E_CHECKPOINT when there are some and none is whole; then nothing is moved
   */
  async newestCheckpoint(
    parameters: ParameterScope,
    onDamage: (message: string) => void = () => undefined,
  ): Promise<Checkpoint | undefined> {
    const damaged: [number, CheckpointDamage][] = [];
    for (const step of (await listCheckpoints(this.checkpoints)).reverse()) {
      try {
        const path = join(this.checkpoints, String(step));
        const checkpoint = await loadCheckpoint(path, parameters);
        await this.#setAside(damaged, onDamage);
        return checkpoint;
      } catch (error) {
        if (!(error instanceof CheckpointDamage)) throw error;
        damaged.push([step, error]);
      }
    }
    const [newest] = damaged;
    if (newest !== undefined || (await holdsDamaged(this.checkpoints))) {
      throw noneWhole(this.checkpoints, newest?.[1]);
    }
    return undefined;
  }

  async #setAside(
    damaged: readonly (readonly [number, CheckpointDamage])[],
    onDamage: (message: string) => void,
  ): Promise<void> {
    for (const [step, problem] of damaged) {
      const aside = await setDamagedAside(this.checkpoints, step);
      const message = `the checkpoint of step ${step} is damaged, kept as ${aside}: ${problem.describe()}`;
      onDamage(message);
      await this.record({ type: 'warning', step, message });
    }
  }

  async finish(results: CellResults): Promise<void> {
    await this.assertHeld();
    const text = jsonText(results);
    await this.#write('seal.json', await sealOf(this.path, text, results.bestCheckpoint?.step));
    await writeDurably(join(this.path, 'results.json'), text);
  }

  async #read<T>(
    name: string,
    check: (content: unknown, where: string) => T,
  ): Promise<T | undefined> {
    const path = join(this.path, name);
    const content = await readJson<unknown>(path);
    return content === undefined ? undefined : check(content, path);
  }

  #write(name: string, content: object): Promise<void> {
    return writeDurably(join(this.path, name), jsonText(content));
  }
}

function jsonText(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

function noneWhole(folder: string, newest: CheckpointDamage | undefined): MmsrError {
  const example = newest === undefined ? '' : `; the newest: ${newest.describe()}`;
  return new MmsrError('E_CHECKPOINT', `holds no checkpoint that is whole${example}`, {
    where: folder,
    advice: 'Put one back from a copy, or remove this folder to begin again at step 0.',
  });
}

/** Undefined where there is no such file. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError('cannot be read', path, error);
  }
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new MmsrError('E_RUN_DIRECTORY', `is not JSON: ${messageOf(error)}`, {
      where: path,
      advice: 'Move it away to run the cell again.',
    });
  }
}
