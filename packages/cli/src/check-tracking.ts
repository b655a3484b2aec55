import { createTracker, describeError, PluginRegistry } from '@mmsr/core';
import type { LoadedStudy } from './study.js';

/**
 * Asks every tracker that the study names whether it could show the runs now. A run does without: it is
 * kept and can be shown later.
 * @returns warnings
 */
export async function checkTracking(study: LoadedStudy): Promise<string[]> {
  const registry = study.container.resolve(PluginRegistry);
  const tracked = new Map(
    study.cells.map(({ experiment }) => [JSON.stringify(experiment.tracking), experiment]),
  );
  const warnings: string[] = [];
  for (const experiment of tracked.values()) {
    try {
      await createTracker(registry, experiment)?.check?.({ experiment: study.name });
    } catch (error) {
      const name = experiment.tracking?.name ?? '';
      warnings.push(
        `tracking by ${name}: runs go on without it and can be sent later: ${describeError(error)}`,
      );
    }
  }
  return warnings;
}
