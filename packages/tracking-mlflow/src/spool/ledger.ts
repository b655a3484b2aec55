import { randomUUID } from 'node:crypto';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLine, readLines } from './lines.js';

/** Folder within a run directory or a study's folder that holds what tracking needs to know. */
export const TRACKING_FOLDER = '.mlflow';

/** A run on a server. */
export interface KnownRun {
  /** The server's address, without credentials. */
  readonly server: string;
  readonly runId: string;
  readonly experimentId: string;
  readonly artifactUri: string;
}

/** The files that are sent bit by bit. */
export type SpoolFile = 'events' | 'system';

type Entry =
  | { readonly entry: 'id'; readonly id: string }
  | { readonly entry: 'open' | 'close' }
  | ({ readonly entry: 'run' } & KnownRun)
  | { readonly entry: 'gone'; readonly runId: string }
  | { readonly entry: 'position'; readonly file: SpoolFile; readonly to: number }
  | { readonly entry: 'sent'; readonly what: string; readonly digest?: string }
  | {
      readonly entry: 'skipped';
      readonly what: string;
      readonly why: string;
      readonly digest?: string;
    };

/** What is with one run of a server. */
class Progress {
  readonly positions = { events: 0, system: 0 };
  readonly sent = new Map<string, string>();
}

/**
 * ledger.jsonl: what was sent, one line each, only ever appended. A crash may lose its last line, so
 * whoever opens a ledger that was not closed must ask the server before sending on.
 */
export class Ledger {
  #id: string | undefined;
  #runs: KnownRun[] = [];
  #gone = new Set<string>();
  #progress = new Map<string, Progress>();
  #current: Progress | undefined;
  #lastEntry: Entry['entry'] | undefined;
  #wasCutOff = false;
  #appended = 0;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /** @param folder a run directory or a study's folder */
  static async open(folder: string): Promise<Ledger> {
    const tracking = join(folder, TRACKING_FOLDER);
    await mkdir(tracking, { recursive: true });
    const path = join(tracking, 'ledger.jsonl');
    const ledger = new Ledger(path, await open(path, 'a'));
    await ledger.#mend(await ledger.refresh());
    ledger.#wasCutOff = ledger.#lastEntry !== undefined && ledger.#lastEntry !== 'close';
    if (ledger.#id === undefined) await ledger.#append({ entry: 'id', id: randomUUID() });
    await ledger.#append({ entry: 'open' }, true);
    // Where several processes made an id, the first one in the file is that of all.
    await ledger.refresh();
    return ledger;
  }

  /** Whether the last one to send from here ended without closing. */
  get wasCutOff(): boolean {
    return this.#wasCutOff;
  }

  /** Names the run directory or study; it goes with a copy of the folder. */
  get id(): string {
    return this.#id as string;
  }

  /** How many entries this process has added. */
  get appended(): number {
    return this.#appended;
  }

  /** The run of a server that this belongs to: the first that was noted and is not gone. */
  run(server: string): KnownRun | undefined {
    return this.#runs.find((run) => run.server === server && !this.#gone.has(run.runId));
  }

  /** Notes a run; what follows is about it. @returns the one that counts, another process's if it was first */
  async useRun(run: KnownRun): Promise<KnownRun> {
    if (this.run(run.server)?.runId !== run.runId) {
      await this.#append({ entry: 'run', ...run }, true);
      await this.refresh();
    }
    const counts = this.run(run.server) as KnownRun;
    if (this.#current !== this.#progressOf(counts.runId)) {
      await this.#append({ entry: 'run', ...counts }, true);
    }
    return counts;
  }

  async setGone(runId: string): Promise<void> {
    await this.#append({ entry: 'gone', runId }, true);
  }

  position(file: SpoolFile): number {
    return this.#current?.positions[file] ?? 0;
  }

  async setPosition(file: SpoolFile, to: number): Promise<void> {
    await this.#append({ entry: 'position', file, to });
  }

  /** Whether it was sent, or can never be; with a digest: in this form. */
  isSettled(what: string, digest = ''): boolean {
    return this.#current?.sent.get(what) === digest;
  }

  async setSent(what: string, digest = ''): Promise<void> {
    await this.#append({ entry: 'sent', what, ...(digest !== '' && { digest }) });
  }

  async setSkipped(what: string, why: string, digest = ''): Promise<void> {
    await this.#append({ entry: 'skipped', what, why, ...(digest !== '' && { digest }) });
  }

  /** Reads what other processes have added too. @returns where the whole lines end */
  async refresh(): Promise<number> {
    this.#id = undefined;
    this.#runs = [];
    this.#gone = new Set();
    this.#progress = new Map();
    this.#current = undefined;
    let end = 0;
    for await (const line of readLines(this.path, 0)) {
      const entry = parseLine<Entry>(line);
      if (entry !== undefined) this.#take(entry);
      ({ end } = line);
    }
    return end;
  }

  async close(): Promise<void> {
    await this.#append({ entry: 'close' }, true);
    await this.file.close();
  }

  /** Lets go of the file without saying that all went well. */
  async abandon(): Promise<void> {
    await this.file.close();
  }

  /** Ends a line that a crash cut off, so that the next one begins a line of its own. */
  async #mend(end: number): Promise<void> {
    const { size } = await this.file.stat();
    if (size > end) await this.file.appendFile('\n');
  }

  async #append(entry: Entry, durably = false): Promise<void> {
    const line = `${JSON.stringify({ time: Date.now(), ...entry })}\n`;
    await this.file.appendFile(line);
    if (durably) await this.file.sync();
    this.#appended++;
    this.#take(entry);
  }

  #take(entry: Entry): void {
    this.#lastEntry = entry.entry;
    switch (entry.entry) {
      case 'id':
        this.#id ??= entry.id;
        break;
      case 'run':
        this.#runs.push(entry);
        this.#current = this.#progressOf(entry.runId);
        break;
      case 'gone':
        this.#gone.add(entry.runId);
        break;
      case 'position':
        if (this.#current) this.#current.positions[entry.file] = entry.to;
        break;
      case 'sent':
      case 'skipped':
        this.#current?.sent.set(entry.what, entry.digest ?? '');
        break;
      case 'open':
      case 'close':
        break;
    }
  }

  #progressOf(runId: string): Progress {
    const progress = this.#progress.get(runId) ?? new Progress();
    this.#progress.set(runId, progress);
    return progress;
  }
}
