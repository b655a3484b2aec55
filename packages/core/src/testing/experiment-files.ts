import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { container as root, type DependencyContainer } from 'tsyringe';
import { Type, type TProperties } from 'typebox';
import type { PluginKind } from '../contracts/plugin.js';
import { InputError } from '../errors.js';
import { readExperiment, type ReadOptions, type Study } from '../experiment/read-experiment.js';
import { register, type Plugin } from '../plugins/register.js';

/** A plugin of any kind that makes nothing. */
export function madeUpPlugin(
  kind: PluginKind,
  name: string,
  options: TProperties = {},
  more: object = {},
): Plugin {
  const configSchema = Type.Object(options);
  return {
    kind,
    name,
    apiVersion: 1,
    configSchema,
    create: () => ({}),
    ...more,
  } as unknown as Plugin;
}

const nullableCount = Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { default: null });

/** A container with plugins whose options are like those of the real ones. */
export function madeUpContainer(): DependencyContainer {
  const container = root.createChildContainer();
  const engine = { rank: 1, availability: () => Promise.resolve({ available: false, reason: '' }) };
  const plugins = [
    madeUpPlugin('backbone', 'rcan', {
      groups: Type.Integer({ minimum: 1, default: 10 }),
      blocks: Type.Integer({ minimum: 1, default: 20 }),
      stop: nullableCount,
    }),
    madeUpPlugin('backbone', 'edsr', {
      blocks: Type.Integer({ minimum: 1, default: 16 }),
      residualScale: Type.Number({ exclusiveMinimum: 0, default: 1 }),
    }),
    madeUpPlugin('head', 'pooled-linear'),
    madeUpPlugin('head', 'pooled-mlp', { hidden: Type.Integer({ minimum: 1, default: 64 }) }),
    madeUpPlugin('source', 'images', {
      paths: Type.Array(Type.String(), { minItems: 1 }),
      region: Type.Optional(Type.Object({ x: Type.Integer(), y: Type.Integer() })),
    }),
    madeUpPlugin('degradation', 'bicubic'),
    madeUpPlugin('loss', 'l1', {}, { task: 'superResolution' }),
    madeUpPlugin('loss', 'cross-entropy', {}, { task: 'magnification' }),
    madeUpPlugin('engine', 'wasm', { threads: Type.Integer({ minimum: 0, default: 0 }) }, engine),
    madeUpPlugin('tracker', 'mlflow', { uri: Type.String() }),
  ];
  for (const plugin of plugins) register(container, plugin, { package: '@mmsr/made-up' });
  return container;
}

/** The shortest valid experiment; its last line is the seventh. */
export const SHORT = `name: short
scale: 2
data:
  train: {source: {name: images, paths: [a.png]}, magnifications: [20, 10]}
  test: {source: {name: images, paths: [b.png]}, magnifications: [20], patchPx: 48}
model:
  backbone: {name: rcan}
`;

/** Reads a text as the file exp.yaml in a folder of its own. */
export async function readText(text: string, options: Partial<ReadOptions> = {}): Promise<Study> {
  const folder = await mkdtemp(join(tmpdir(), 'mmsr-'));
  const file = join(folder, 'exp.yaml');
  try {
    await writeFile(file, text);
    return await readExperiment(file, { container: madeUpContainer(), ...options });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What is wrong with a text, as `line:column: message. advice [code]`. */
export async function problemsOf(
  text: string,
  options: Partial<ReadOptions> = {},
): Promise<string[]> {
  try {
    await readText(text, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map((problem) => problem.describe().replaceAll(/\S*exp\.yaml:/g, ''));
  }
  return [];
}
