import { inject, injectable } from 'tsyringe';
import type { DataPipeline, OpenData } from '../contracts/data-pipeline.js';
import type { DeviceDescription, Engine } from '../contracts/engine.js';
import type { Experiment } from '../experiment/schema.js';
import { PluginRegistry } from '../plugins/register.js';
import { DATA_PIPELINE } from '../tokens.js';
import { selectEngine } from './select-engine.js';

/** What the work on a cell needs. */
export interface OpenedCell {
  readonly engine: Engine;
  readonly device: DeviceDescription;
  readonly data: OpenData;
}

export interface OpenOptions {
  /** What relative paths in the experiment start from. */
  readonly folder: string;
  /** Told once the engine runs, before the data is opened: which one, and why it was taken. */
  readonly onEngine?: (device: DeviceDescription, reason: string) => void;
  /** Ends the opening of the data, between two images. */
  readonly signal?: AbortSignal;
}

/** Starts the engine of an experiment and opens its data, for as long as they are used. */
@injectable()
export class CellOpener {
  constructor(
    @inject(PluginRegistry) private readonly registry: PluginRegistry,
    @inject(DATA_PIPELINE) private readonly pipeline: DataPipeline,
  ) {}

  /**
   * Data and engine are closed when `use` ends, however it ends.
   * @returns what `use` gave
   * @throws MmsrError E_ENGINE when the engine cannot run here, E_DATA or E_IMAGE when the data cannot be
   * opened; the reason of the signal; whatever `use` throws
   */
  async open<T>(
    experiment: Experiment,
    { folder, onEngine, signal }: OpenOptions,
    use: (opened: OpenedCell) => Promise<T>,
  ): Promise<T> {
    const { engine, reason } = await selectEngine(this.registry, experiment.engine);
    try {
      const device = await engine.start();
      onEngine?.(device, reason);
      const data = await this.pipeline.open(experiment, folder, signal);
      try {
        return await use({ engine, device, data });
      } finally {
        await data.close();
      }
    } finally {
      await engine.stop();
    }
  }
}
