import {
  MultiTaskModel,
  type BackbonePlugin,
  type HeadPlugin,
  type ModelDefinition,
  type PluginBase,
  type PluginKind,
} from '@mmsr/core';

/** A plugin's options: its defaults, and those given. */
export function optionsOf(plugin: PluginBase<PluginKind>, given: object = {}): object {
  const defaults = Object.entries(plugin.configSchema.properties).map(([key, schema]) => [
    key,
    (schema as { default?: unknown }).default,
  ]);
  return { ...(Object.fromEntries(defaults) as object), ...given };
}

export interface ModelOptions {
  readonly scale?: number;
  readonly head?: HeadPlugin;
  readonly attach?: string;
}

/** A model for three magnifications. */
export function makeModel(
  backbone: BackbonePlugin,
  options: object,
  { scale = 2, head, attach }: ModelOptions = {},
): MultiTaskModel {
  const definition: ModelDefinition = {
    seed: 5,
    scale,
    classes: 3,
    backbone: { plugin: backbone, options: optionsOf(backbone, options) },
    head: head && { plugin: head, options: optionsOf(head), attach },
  };
  return MultiTaskModel.create(definition);
}
