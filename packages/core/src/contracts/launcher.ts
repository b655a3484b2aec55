import type { PluginBase } from './plugin.js';

/** How a cell's process ended: done, failed, wrong input, start it again, or stopped by the user. */
export type CellOutcome = 'done' | 'failed' | 'wrong-input' | 'again' | 'stopped';

export interface LaunchRequest {
  readonly cell: string;
  /** Does the cell's work in this process; a launcher may start a process that calls it instead. */
  readonly run: () => Promise<CellOutcome>;
  /** Arguments of `mmsr-run` that do only this cell. */
  readonly commandLine: readonly string[];
}

/** Decides where the cells of an experiment run. */
export interface Launcher {
  /** Yields each cell as it ends, with why it failed where that is not in its report already. */
  launch(
    requests: readonly LaunchRequest[],
    signal: AbortSignal,
  ): AsyncIterable<{ cell: string; outcome: CellOutcome; error?: string }>;
}

export interface LauncherPlugin extends PluginBase<'launcher'> {
  create(config: object): Launcher;
}
