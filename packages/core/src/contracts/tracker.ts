import type { PluginBase } from './plugin.js';

/** One line of events.jsonl; times are milliseconds since 1970. */
export type RunEvent = { readonly time: number } & (
  | {
      readonly type: 'state';
      readonly state: 'started' | 'resumed' | 'stopped' | 'failed' | 'done';
      readonly step: number;
      readonly message?: string;
    }
  | {
      readonly type: 'metrics';
      readonly step: number;
      readonly values: Readonly<Record<string, number>>;
    }
  | { readonly type: 'checkpoint'; readonly step: number; readonly path: string }
  | { readonly type: 'image'; readonly step: number; readonly key: string; readonly path: string }
  | { readonly type: 'warning'; readonly step: number; readonly message: string }
);

export interface TrackedRun {
  readonly experiment: string;
  readonly cell: string;
  /** The run directory: the truth, of which the tracker shows a view. */
  readonly directory: string;
  /** Tells the user, beside the run's own messages. */
  readonly say: (level: 'info' | 'warning', text: string) => void;
}

/** A study whose cells are done, failed or stopped, as far as they were asked for. */
export interface TrackedStudy extends Pick<TrackedRun, 'experiment' | 'say'> {
  /** The folder that holds the cells' run directories. */
  readonly directory: string;
}

/** Follows a run's events. It never delays or fails the run: what it cannot send it keeps for later. */
export interface Tracker {
  /**
   * Asks, within a short time, whether runs could be shown now; changes nothing.
   * @throws MmsrError E_TRACKING saying why not
   */
  check?(study: Pick<TrackedRun, 'experiment'>): Promise<void>;
  start(run: TrackedRun): Promise<void>;
  record(event: RunEvent): void;
  /** Sends what is left, within a bounded time. */
  finish(): Promise<void>;
  /** Shows the study as a whole, and what is left of its runs, within a bounded time. */
  finishStudy?(study: TrackedStudy): Promise<void>;
}

export interface TrackerPlugin extends PluginBase<'tracker'> {
  create(config: object): Tracker;
}
