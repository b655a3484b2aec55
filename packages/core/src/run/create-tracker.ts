import type { Tracker, TrackerPlugin } from '../contracts/tracker.js';
import type { Experiment } from '../experiment/schema.js';
import type { PluginRegistry } from '../plugins/register.js';

/** What follows a run of this experiment; undefined when nothing does. */
export function createTracker(
  registry: PluginRegistry,
  { tracking }: Pick<Experiment, 'tracking'>,
): Tracker | undefined {
  if (tracking === null) return undefined;
  const { name, ...options } = tracking;
  const plugin = registry.find('tracker', name) as TrackerPlugin;
  return plugin.create(options);
}
