import type { Engine, EnginePlugin } from '../contracts/engine.js';
import { MmsrError } from '../errors.js';
import type { PluginReference } from '../experiment/schema.js';
import type { PluginRegistry } from '../plugins/register.js';

export interface SelectedEngine {
  readonly engine: Engine;
  /** Why this one, for `auto`: which better ones cannot run here. */
  readonly reason: string;
}

/** Registered engines, the one that `auto` prefers first. */
export function enginesByRank(registry: PluginRegistry): EnginePlugin[] {
  const engines = registry.list('engine') as EnginePlugin[];
  return engines.sort((a, b) => b.rank - a.rank);
}

/**
 * The engine an experiment names; `auto` takes the available one of the highest rank.
 * @throws MmsrError E_ENGINE when it cannot run here, saying why
 */
export async function selectEngine(
  registry: PluginRegistry,
  reference: PluginReference,
): Promise<SelectedEngine> {
  const { name, ...options } = reference;
  if (name !== 'auto') {
    const plugin = registry.find('engine', name) as EnginePlugin;
    const availability = await plugin.availability();
    if (!availability.available) {
      throw new MmsrError(
        'E_ENGINE',
        `the engine ${name} cannot run here: ${availability.reason}`,
        {
          where: 'engine',
          advice: 'Write `engine: auto` to take what can run.',
        },
      );
    }
    return { engine: plugin.create(options), reason: 'named in the experiment' };
  }
  const refused: string[] = [];
  for (const plugin of enginesByRank(registry)) {
    const availability = await plugin.availability();
    if (availability.available) {
      const others = refused.length === 0 ? '' : `; ${refused.join('; ')}`;
      const reason = `the fastest that can run here${others}`;
      return { engine: plugin.create(defaultsOf(plugin)), reason };
    }
    refused.push(`${plugin.name} cannot: ${availability.reason}`);
  }
  throw new MmsrError('E_ENGINE', `no engine can run here: ${refused.join('; ')}`);
}

/** The options of a plugin that the experiment does not mention. */
function defaultsOf(plugin: EnginePlugin): object {
  const entries = Object.entries(plugin.configSchema.properties)
    .filter(([, schema]) => 'default' in schema)
    .map(([key, schema]) => [key, (schema as { default?: unknown }).default]);
  return Object.fromEntries(entries) as object;
}
