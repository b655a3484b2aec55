import type { TObject } from 'typebox';
import type { Backbone, BackboneContext, BackbonePlugin } from '../contracts/backbone.js';
import type {
  Degradation,
  DegradationContext,
  DegradationPlugin,
} from '../contracts/degradation.js';
import type { Availability, Engine, EnginePlugin } from '../contracts/engine.js';
import type { Head, HeadContext, HeadPlugin } from '../contracts/head.js';
import type { Launcher, LauncherPlugin } from '../contracts/launcher.js';
import type {
  LossContext,
  LossPlugin,
  MagnificationLoss,
  SuperResolutionLoss,
} from '../contracts/loss.js';
import type { PluginDefinition } from '../contracts/plugin.js';
import type { Source, SourceContext, SourcePlugin } from '../contracts/source.js';
import type { Tracker, TrackerPlugin } from '../contracts/tracker.js';

/*
 * One function per kind. Each only adds the kind; what it is for is that the compiler checks the plugin
 * and types `config` by its schema.
 */

export function defineBackbone<Schema extends TObject>(
  plugin: PluginDefinition<Schema, BackboneContext, Backbone>,
): BackbonePlugin {
  return { kind: 'backbone', ...plugin } as BackbonePlugin;
}

export function defineHead<Schema extends TObject>(
  plugin: PluginDefinition<Schema, HeadContext, Head>,
): HeadPlugin {
  return { kind: 'head', ...plugin } as HeadPlugin;
}

export function defineSuperResolutionLoss<Schema extends TObject>(
  plugin: PluginDefinition<Schema, LossContext, SuperResolutionLoss>,
): LossPlugin {
  return { kind: 'loss', task: 'superResolution', ...plugin } as unknown as LossPlugin;
}

export function defineMagnificationLoss<Schema extends TObject>(
  plugin: PluginDefinition<Schema, LossContext, MagnificationLoss>,
): LossPlugin {
  return { kind: 'loss', task: 'magnification', ...plugin } as unknown as LossPlugin;
}

export function defineSource<Schema extends TObject>(
  plugin: PluginDefinition<Schema, SourceContext, Promise<Source>>,
): SourcePlugin {
  return { kind: 'source', ...plugin } as SourcePlugin;
}

export function defineDegradation<Schema extends TObject>(
  plugin: PluginDefinition<Schema, DegradationContext, Degradation>,
): DegradationPlugin {
  return { kind: 'degradation', ...plugin } as DegradationPlugin;
}

export function defineEngine<Schema extends TObject>(
  plugin: PluginDefinition<Schema, undefined, Engine> & {
    readonly rank: number;
    availability(): Promise<Availability>;
  },
): EnginePlugin {
  return { kind: 'engine', ...plugin } as unknown as EnginePlugin;
}

export function defineTracker<Schema extends TObject>(
  plugin: PluginDefinition<Schema, undefined, Tracker>,
): TrackerPlugin {
  return { kind: 'tracker', ...plugin } as unknown as TrackerPlugin;
}

export function defineLauncher<Schema extends TObject>(
  plugin: PluginDefinition<Schema, undefined, Launcher>,
): LauncherPlugin {
  return { kind: 'launcher', ...plugin } as unknown as LauncherPlugin;
}
