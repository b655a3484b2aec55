import { enginesByRank, PluginRegistry, type EnginePlugin } from '@mmsr/core';
import { createContainer } from '../composition.js';
import { EXIT } from '../exit-codes.js';
import { measureGflops } from '../measure-gflops.js';
import { formatTable } from '../table.js';
import { describe } from './run.js';

/** `mmsr-run engine`: what can compute here, why others cannot, how fast each is. */
export async function engineCommand(): Promise<number> {
  const registry = createContainer().resolve(PluginRegistry);
  const rows: string[][] = [];
  for (const plugin of enginesByRank(registry)) {
    rows.push(await describeEngine(plugin));
  }
  const header = ['engine', 'version', 'device', 'threads', 'GFLOP/s', 'note'];
  process.stdout.write(
    `${formatTable(header, rows, ['left', 'left', 'left', 'right', 'right', 'left'])}\n`,
  );
  process.stdout.write(
    '\nengine: auto takes the first that can run. GFLOP/s: training 4 convolutions of 32 channels on 32x32.\n',
  );
  return EXIT.done;
}

async function describeEngine(plugin: EnginePlugin): Promise<string[]> {
  const availability = await plugin.availability();
  if (!availability.available) return [plugin.name, '-', '-', '-', '-', availability.reason];
  const engine = plugin.create({});
  try {
    const { version, device, threads } = await engine.start();
    const gflops = await measureGflops(engine);
    return [
      plugin.name,
      version,
      device,
      String(threads),
      gflops.toFixed(1),
      plugin.description ?? '',
    ];
  } catch (error) {
    return [plugin.name, availability.version, '-', '-', '-', describe(error)];
  } finally {
    await engine.stop();
  }
}
