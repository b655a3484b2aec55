import { appendFile, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunEvent } from '../contracts/tracker.js';
import type { StepState } from '../contracts/train-step.js';
import { messageOf, MmsrError } from '../errors.js';
import type { ParameterScope } from '../model/parameter-scope.js';
import { listCheckpoints, loadCheckpoint, pruneCheckpoints, saveCheckpoint } from './checkpoint.js';
import { fileError, writeDurably } from './durable.js';
import { differences, type Manifest, type RunInputs } from './manifest.js';
import type { CellResults } from './results.js';

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
  readonly #events: string;
  #listener: (event: RunEvent) => void = () => undefined;
  #lastStep = 0;

  constructor(readonly path: string) {
    this.checkpoints = join(path, 'checkpoints');
    this.images = join(path, 'images');
    this.#events = join(path, 'events.jsonl');
  }

  /** Follows every event from now on, once it is in events.jsonl. */
  onEvent(listener: (event: RunEvent) => void): void {
    this.#listener = listener;
  }

  /** Undefined as long as the cell is not done. */
  results(): Promise<CellResults | undefined> {
    return readJson(join(this.path, 'results.json'));
  }

  /**
   * The results, when they are those of this experiment and these images.
   * @throws MmsrError E_RUN_DIRECTORY when they are of another run, naming the differences
   */
  async resultsOf(inputs: RunInputs): Promise<CellResults | undefined> {
    const results = await this.results();
    if (results !== undefined) this.#refuse(await this.staleness(inputs));
    return results;
  }

  /** In what the run that lies here differs from what is asked for now; empty where none does. */
  async staleness(inputs: RunInputs): Promise<string[]> {
    const manifest = await this.manifest();
    return manifest === undefined ? [] : differences(manifest, inputs);
  }

  /**
   * Moves the run that lies here into the folder `.stale` beside it, so that its place is free.
   * @returns where it is now
   */
  async setAside(): Promise<string> {
    const folder = join(dirname(this.path), '.stale');
    try {
      await mkdir(folder, { recursive: true });
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

  #refuse(changed: readonly string[]): void {
    if (changed.length === 0) return;
    throw new MmsrError(
      'E_RUN_DIRECTORY',
      `holds a run of another experiment; different are: ${changed.join('; ')}`,
      {
        where: this.path,
        advice:
          'Change `name` in the YAML or the folder with --out; or run with --rerun-stale, which moves ' +
          'this run aside and does it again.',
      },
    );
  }

  manifest(): Promise<Manifest | undefined> {
    return readJson(join(this.path, 'manifest.json'));
  }

  /**
   * Takes the directory for a run: makes it, or checks that it is of the same experiment and data.
   * @throws MmsrError E_RUN_DIRECTORY naming the differences
   */
  async claim(manifest: Manifest): Promise<void> {
    const existing = await this.manifest();
    if (existing === undefined) {
      try {
        await mkdir(this.checkpoints, { recursive: true });
      } catch (error) {
        throw fileError('cannot be made', this.path, error);
      }
      await this.#write('manifest.json', manifest);
    } else {
      this.#refuse(differences(existing, manifest));
    }
    await this.#mendEvents();
  }

  /** A line that a crash cut off is ended, so that the next one begins a line of its own. */
  async #mendEvents(): Promise<void> {
    const text = await readFile(this.#events, 'utf8').catch(() => '');
    if (text !== '' && !text.endsWith('\n')) await appendFile(this.#events, '\n');
  }

  /** Of the newest event of this process. */
  get lastStep(): number {
    return this.#lastStep;
  }

  async record(content: EventContent): Promise<void> {
    const event = { time: Date.now(), ...content } as RunEvent;
    try {
      await appendFile(this.#events, `${JSON.stringify(event)}\n`);
    } catch (error) {
      throw fileError('cannot be written', this.#events, error);
    }
    this.#lastStep = event.step;
    this.#listener(event);
  }

  /** Steps of the newest checkpoint; 0 where there is none. */
  async savedSteps(): Promise<number> {
    return (await listCheckpoints(this.checkpoints)).at(-1) ?? 0;
  }

  /** Saves a checkpoint and removes all but the newest `keep`. */
  async save(parameters: ParameterScope, state: StepState, keep: number): Promise<void> {
    await saveCheckpoint(this.checkpoints, parameters, state);
    await this.record({ type: 'checkpoint', step: state.step, path: `checkpoints/${state.step}` });
    await pruneCheckpoints(this.checkpoints, keep);
  }

  /**
   * The newest checkpoint that is whole. A damaged one is kept aside with the ending .damaged and
   * reported as a warning.
   */
  async newestState(parameters: ParameterScope): Promise<StepState | undefined> {
    const steps = await listCheckpoints(this.checkpoints);
    for (const step of steps.reverse()) {
      const path = join(this.checkpoints, String(step));
      try {
        return await loadCheckpoint(path, parameters);
      } catch (error) {
        const aside = `${path}.damaged`;
        const problem = error instanceof MmsrError ? error.describe() : messageOf(error);
        await rename(path, aside);
        const message = `the checkpoint of step ${step} is damaged, kept as ${aside}: ${problem}`;
        await this.record({ type: 'warning', step, message });
      }
    }
    return undefined;
  }

  async finish(results: CellResults): Promise<void> {
    await this.#write('results.json', results);
  }

  #write(name: string, content: object): Promise<void> {
    return writeDurably(join(this.path, name), `${JSON.stringify(content, null, 2)}\n`);
  }
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
