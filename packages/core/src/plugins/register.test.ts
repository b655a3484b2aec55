import 'reflect-metadata';
import { container as root, inject, injectable } from 'tsyringe';
import { Type } from 'typebox';
import { MmsrError } from '../errors.js';
import { madeUpPlugin } from '../testing/experiment-files.js';
import {
  pluginToken,
  PluginRegistry,
  register,
  type Plugin,
  type PluginOrigin,
} from './register.js';

function refusal(plugin: unknown, origin?: PluginOrigin): MmsrError {
  try {
    register(root.createChildContainer(), plugin as Plugin, origin);
  } catch (error) {
    return error as MmsrError;
  }
  throw new Error('it was not refused');
}

test('a registered plugin is found by kind and name, with its origin', () => {
  const container = root.createChildContainer();
  const plugin = madeUpPlugin('backbone', 'rcan');
  const origin = { package: '@mmsr/x', version: '1.2.3', url: 'file:///x.js' };
  register(container, plugin, origin);
  register(container, madeUpPlugin('head', 'rcan'));
  const registry = new PluginRegistry(container);
  expect(registry.find('backbone', 'rcan')).toBe(plugin);
  expect(registry.find('backbone', 'edsr')).toBeUndefined();
  expect(registry.origin('backbone', 'rcan')).toEqual(origin);
  expect(registry.origin('head', 'rcan')).toEqual({});
  expect(registry.list().map(({ kind }) => kind)).toEqual(['backbone', 'head']);
  expect(registry.list('backbone')).toEqual([plugin]);
  expect(container.resolve(pluginToken('backbone', 'rcan'))).toBe(plugin);
});

test('a child container has its parent’s plugins, and the parent none of the child’s', () => {
  const parent = root.createChildContainer();
  register(parent, madeUpPlugin('backbone', 'early'));
  const child = parent.createChildContainer();
  register(child, madeUpPlugin('backbone', 'own'));
  register(parent, madeUpPlugin('backbone', 'late'));
  const names = (registry: PluginRegistry) => registry.list('backbone').map(({ name }) => name);
  expect(names(new PluginRegistry(child))).toEqual(['early', 'late', 'own']);
  expect(names(new PluginRegistry(parent))).toEqual(['early', 'late']);
  expect(() => register(child, madeUpPlugin('backbone', 'early'))).toThrow(MmsrError);
});

test('services have the registry of the container that made them injected', () => {
  @injectable()
  class Service {
    constructor(@inject(PluginRegistry) readonly registry: PluginRegistry) {}
  }
  const parent = root.createChildContainer();
  register(parent, madeUpPlugin('backbone', 'early'));
  const child = parent.createChildContainer();
  register(child, madeUpPlugin('backbone', 'own'));
  const { registry } = child.resolve(Service);
  expect(registry.list().map(({ name }) => name)).toEqual(['early', 'own']);
});

test('a taken name is refused, naming both origins', () => {
  const container = root.createChildContainer();
  const first = { package: '@mmsr/backbone-rcan', version: '0.1.0' };
  register(container, madeUpPlugin('backbone', 'rcan'), first);
  const second = () =>
    register(container, madeUpPlugin('backbone', 'rcan'), { url: 'file:///exp/mine.js' });
  expect(second).toThrow(
    'the backbone "rcan" of /exp/mine.js is already there, from @mmsr/backbone-rcan 0.1.0',
  );
  expect(second).toThrow(expect.objectContaining({ code: 'E_ALREADY_REGISTERED' }) as Error);
});

test('a plugin for other contracts is refused, whatever else it holds', () => {
  const error = refusal({ kind: 'optimizer', name: 'new', apiVersion: 2 }, { package: 'mmsr-x' });
  expect(error.code).toBe('E_API_VERSION');
  expect(error.message).toBe(
    'the optimizer "new" of mmsr-x was written for version 2 of the plugin contract, this is version 1',
  );
});

test.each([
  [undefined, 'its kind is missing'],
  [madeUpPlugin('optimizer' as 'head', 'x'), 'its kind is "optimizer"'],
  [madeUpPlugin('head', 'Pooled'), 'the name "Pooled" is not made of lower case letters'],
  [madeUpPlugin('head', '../x'), 'the name "../x"'],
  [{ ...madeUpPlugin('head', 'x'), name: undefined }, 'the name undefined'],
  [{ ...madeUpPlugin('head', 'x'), create: 1 }, 'head "x" has no create function'],
  [madeUpPlugin('loss', 'x'), 'loss "x" serves neither'],
  [madeUpPlugin('engine', 'x'), 'engine "x" has no rank'],
  [{ ...madeUpPlugin('head', 'x'), configSchema: undefined }, 'it has no configSchema'],
  [{ ...madeUpPlugin('head', 'x'), configSchema: Type.String() }, 'not the schema of an object'],
  [{ ...madeUpPlugin('head', 'x'), configSchema: { type: 'object', minimun: 1 } }, 'minimun'],
  [madeUpPlugin('head', 'x', { a: { type: 'int' } }), 'data/properties/a/type'],
  [madeUpPlugin('head', 'x', { a: { $ref: '#/definitions/a' } }), '$ref'],
  [madeUpPlugin('head', 'x', { attach: Type.String() }), 'option "attach" has the name of a key'],
  [madeUpPlugin('head', 'x', { name: Type.String() }), 'option "name" has the name of a key'],
  [madeUpPlugin('head', 'x', { a: Type.Integer({ default: 'all' }) }), '/a must be integer'],
])('what is no valid plugin is refused: %#', (plugin, fault) => {
  const error = refusal(plugin, { package: 'mmsr-head-x', version: '3.0.0' });
  expect(error.code).toBe('E_PLUGIN');
  expect(error.message).toContain('mmsr-head-x 3.0.0 has no valid plugin');
  expect(error.message).toContain(fault);
});

test('options are closed at every level, whatever the schema says of other keys', () => {
  const container = root.createChildContainer();
  const plain = {
    type: 'object',
    properties: {
      region: { type: 'object', properties: { x: { type: 'integer' } } },
      open: { type: 'object', properties: {}, additionalProperties: { type: 'number' } },
      list: { type: 'array', items: { type: 'object', properties: {} } },
    },
    additionalProperties: true,
  };
  register(container, { ...madeUpPlugin('source', 'plain'), configSchema: plain } as never);
  expect(new PluginRegistry(container).options('source', 'plain')).toMatchObject({
    additionalProperties: false,
    properties: {
      region: { additionalProperties: false },
      open: { additionalProperties: { type: 'number' } },
      list: { items: { additionalProperties: false } },
    },
  });
});
