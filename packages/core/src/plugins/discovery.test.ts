import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/*
 * Plugins are made in a folder outside of the repository and loaded by a process of their own: module
 * hooks change how a whole process loads modules, and jest has a module loader of its own.
 */
const CORE = new URL('../index.js', import.meta.url).href;
const FILES = new URL('../testing/experiment-files.js', import.meta.url).href;

const plugin = (name: string, more = '') => `
import * as core from '@mmsr/core';
import { version_core } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
${more}
export default core.defineBackbone({
  name: '${name}',
  apiVersion: 1,
  configSchema: core.Type.Object({ depth: core.Type.Integer({ default: 4 }) }),
  create: () => ({ core, zeros: tf.zeros, version_core ${more === '' ? '' : ', required'} }),
});
`;

const head = (name: string) => `{
  kind: 'head', name: '${name}', apiVersion: 1, create: () => ({}),
  configSchema: { type: 'object', properties: { width: { type: 'integer', default: 3 } } },
}`;

const manifest = (more: object) => JSON.stringify({ version: '1.2.3', type: 'module', ...more });
const importOnly = manifest({ exports: { '.': { import: { default: './lib/main.js' } } } });
const SECOND_COPY = 'throw new Error("a second copy was loaded");';

const FIXTURES: Record<string, string> = {
  'bare/deep/file.mjs': plugin('from-file'),
  'bare/common.cjs': `
    const core = require('@mmsr/core');
    exports.__esModule = true;
    module.exports = core.defineBackbone({
      name: 'common', apiVersion: 1, configSchema: core.Type.Object({}),
      create: () => ({ core, zeros: require('@tensorflow/tfjs-core').zeros }),
    });`,
  'bare/list.mjs': `export default [${head('first')}, ${head('second')}];`,
  'bare/named.mjs': `export const plugin = ${head('named')};`,
  'bare/nothing.mjs': 'export default 5;',
  'bare/old.mjs': `export default { ...${head('old')}, apiVersion: 0 };`,
  'bare/throws.mjs': 'throw new Error("no such GPU");',
  'bare/twin.mjs': `export default ${head('first')};`,
  // What `head-../../x` would be, were a name a path.
  'bare/node_modules/x/package.json': manifest({ main: './x.js' }),
  'bare/node_modules/x/x.js': SECOND_COPY,
  'own/exp.yaml': '',
  // With copies of its own of what must be there once, and a CommonJS package that requires one.
  'own/node_modules/@mmsr/core/package.json': manifest({ exports: './index.js' }),
  'own/node_modules/@mmsr/core/index.js': SECOND_COPY,
  'own/node_modules/@tensorflow/tfjs-core/package.json': JSON.stringify({ main: 'index.js' }),
  'own/node_modules/@tensorflow/tfjs-core/index.js': SECOND_COPY,
  'own/node_modules/common/package.json': JSON.stringify({ main: 'main.js' }),
  'own/node_modules/common/main.js': "exports.zeros = require('@tensorflow/tfjs-core').zeros;",
  'own/node_modules/mmsr-backbone-own/package.json': importOnly,
  'own/node_modules/mmsr-backbone-own/lib/main.js': plugin(
    'own',
    "import common from 'common'; const required = common.zeros;",
  ),
  'own/node_modules/@mmsr/head-scoped/package.json': manifest({ exports: { default: './x.js' } }),
  'own/node_modules/@mmsr/head-scoped/x.js': `export default ${head('scoped')};`,
  'own/node_modules/mmsr-head-scoped/package.json': manifest({ main: './x.js' }),
  'own/node_modules/mmsr-head-scoped/x.js': SECOND_COPY,
  'own/node_modules/mmsr-head-unused/package.json': manifest({ main: './x.js' }),
  'own/node_modules/mmsr-head-unused/x.js': SECOND_COPY,
  'own/node_modules/several/package.json': manifest({ main: './x.js' }),
  'own/node_modules/several/x.js': `export default [${head('third')}];`,
  'own/node_modules/mmsr-head-other/package.json': manifest({ main: './x.js' }),
  'own/node_modules/mmsr-head-other/x.js': `export default ${head('another')};`,
  'own/node_modules/hidden/package.json': manifest({ exports: { './sub': './x.js' } }),
  'own/node_modules/require-only/package.json': manifest({ exports: { require: './x.cjs' } }),
  'own/node_modules/broken/package.json': '{',
  'own/node_modules/absent/package.json': manifest({ main: './none.js' }),
};

const SCRIPT = `
import { Worker } from 'node:worker_threads';
const core = await import(${JSON.stringify(CORE)});
const { madeUpContainer, SHORT } = await import(${JSON.stringify(FILES)});
const { loadNamedPlugin, loadPlugins } = await import(new URL('./plugins/discovery.js', ${JSON.stringify(CORE)}));
const { writeFile } = await import('node:fs/promises');
const root = process.argv[2];
const container = madeUpContainer();
const registry = new core.PluginRegistry(container);
const results = {};
const attempt = async (key, work) => {
  try { results[key] = (await work()) ?? 'done'; } catch (error) {
    results[key] = error.describe?.() ?? error.problems?.map((one) => one.describe()) ?? error.stack;
  }
};
const isOne = (name) => {
  const made = registry.find('backbone', name).create();
  const zeros = [made.zeros, made.required ?? made.zeros];
  return made.core === core && zeros.every((one) => one === core.tf.zeros);
};
const entry = (text, folder) => loadPlugins(container, text, root + folder);
await attempt('file', async () => { await entry('./deep/file.mjs', '/bare'); return isOne('from-file'); });
await attempt('common', async () => { await entry('./common.cjs', '/bare'); return isOne('common'); });
await attempt('own', async () => {
  await loadNamedPlugin(container, 'backbone', 'own', root + '/own/below');
  return isOne('own');
});
await attempt('origin', () => registry.origin('backbone', 'own'));
await attempt('scoped', () => loadNamedPlugin(container, 'head', 'scoped', root + '/own'));
await attempt('scopedOrigin', () => registry.origin('head', 'scoped').package);
await attempt('several', () => entry('several', '/own'));
await attempt('list', () => entry('./list.mjs', '/bare'));
await attempt('again', () => entry('./list.mjs', '/bare'));
await attempt('twin', () => entry('./twin.mjs', '/bare'));
for (const name of ['named', 'nothing', 'old', 'throws', 'none']) {
  await attempt(name, () => entry('./' + name + '.mjs', '/bare'));
}
for (const name of ['missing', 'hidden', 'require-only', 'broken', 'absent']) {
  await attempt(name, () => entry(name, '/own'));
}
await attempt('other', () => loadNamedPlugin(container, 'head', 'other', root + '/own'));
await attempt('unknown', () => loadNamedPlugin(container, 'head', 'scopde', root + '/own'));
await attempt('elsewhere', () => loadNamedPlugin(container, 'head', 'unused', root + '/bare'));
await attempt('path', () => loadNamedPlugin(container, 'head', '../../x', root + '/bare'));
await attempt('heads', () => registry.list('head').map(({ name }) => name));
await attempt('experiment', async () => {
  const text = SHORT.replace('name: rcan', 'name: own, depth: 5') + 'plugins: [../bare/list.mjs]\\n';
  await writeFile(root + '/own/exp.yaml', text + 'matrix: {model.head: [null, {name: second}, {name: scoped}]}\\n');
  const names = [];
  for (const fresh of [madeUpContainer(), container, container]) {
    const { cells } = await core.readExperiment(root + '/own/exp.yaml', { container: fresh });
    names.push(cells.map(({ name }) => name).join());
  }
  return [...new Set(names)];
});
await attempt('wrong', async () => {
  const text = SHORT.replace('name: rcan', 'name: own, dept: 5');
  await writeFile(root + '/own/exp.yaml', text + 'plugins: [../bare/twin.mjs, ../bare/list.mjs, none]\\n');
  await core.readExperiment(root + '/own/exp.yaml', { container: madeUpContainer() });
});
await attempt('worker', () => new Promise((resolve, reject) => {
  const code = \`
    const { parentPort, workerData } = require('node:worker_threads');
    (async () => {
      const core = await import(workerData.core);
      core.useOneCore();
      core.useOneCore();
      const made = (await import(workerData.url)).default.create();
      parentPort.postMessage([made.core === core, made.zeros === core.tf.zeros, made.required === core.tf.zeros]);
    })();\`;
  const workerData = { core: ${JSON.stringify(CORE)}, url: registry.origin('backbone', 'own').url };
  new Worker(code, { eval: true, workerData }).once('message', resolve).once('error', reject);
}));
console.log(JSON.stringify(results));
`;

let folder: string;
let results: Record<string, unknown>;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'mmsr-')));
  for (const [path, text] of Object.entries({ ...FIXTURES, 'script.mjs': SCRIPT })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(folder, 'script.mjs'),
    folder,
  ]);
  results = JSON.parse(stdout.replaceAll(folder, '')) as Record<string, unknown>;
});

afterAll(() => rm(folder, { recursive: true }));

test('a plugin gets the running core and tfjs-core, wherever it lies and whatever lies beside it', () => {
  expect(results.file).toBe(true);
  expect(results.own).toBe(true);
  expect(results.common).toBe(true);
});

test('a worker thread gets its own running core by the plugin’s URL', () => {
  expect(results.worker).toEqual([true, true, true]);
});

test('names are looked for as packages that export to import only, upwards from the folder', () => {
  expect(results.origin).toMatchObject({ package: 'mmsr-backbone-own', version: '1.2.3' });
  expect(results.origin).toHaveProperty(
    'url',
    expect.stringMatching(/^file:.*\/own\/node_modules\/mmsr-backbone-own\/lib\/main\.js$/),
  );
  expect(results.scoped).toBe('done');
  expect(results.scopedOrigin).toBe('@mmsr/head-scoped');
});

test('an entry is a package or a file with one plugin or several, and only what is named is loaded', () => {
  expect(results.several).toBe('done');
  expect(results.list).toBe('done');
  expect(results.again).toBe('done');
  expect(results.heads).toEqual([
    'pooled-linear',
    'pooled-mlp',
    'scoped',
    'third',
    'first',
    'second',
    'another',
  ]);
});

test.each([
  [
    'twin',
    'the head "first" of /bare/twin.mjs is already there, from /bare/list.mjs. Rename one of them or remove it. [E_ALREADY_REGISTERED]',
  ],
  [
    'named',
    '/bare/named.mjs has no default export. Its default export must be a plugin or a list of plugins; named exports do not count. [E_PLUGIN]',
  ],
  ['nothing', '/bare/nothing.mjs has no valid plugin: its kind is missing'],
  [
    'old',
    'the head "old" of /bare/old.mjs was written for version 0 of the plugin contract, this is version 1',
  ],
  ['throws', '/bare/throws.mjs cannot be imported: no such GPU [E_PLUGIN]'],
  ['none', "/bare/none.mjs cannot be imported: Cannot find module '/bare/none.mjs'"],
  [
    'missing',
    'there is no package missing in /own or above. Install it: npm install missing. A file begins with ./ or ../. [E_PLUGIN]',
  ],
  [
    'hidden',
    'the package hidden cannot be used: its package.json exports nothing to `import` [E_PLUGIN]',
  ],
  ['require-only', 'the package require-only cannot be used: its package.json exports nothing'],
  ['broken', 'the package broken cannot be used: '],
  ['absent', 'the package absent cannot be used: ENOENT'],
  ['other', 'mmsr-head-other has no head "other"; it has head "another" [E_PLUGIN]'],
  [
    'unknown',
    'there is no head "scopde". Did you mean "scoped"? Known: pooled-linear, pooled-mlp, scoped, third, first, second, another. Or install it: npm install mmsr-head-scopde [E_UNKNOWN_PLUGIN]',
  ],
  ['elsewhere', 'there is no head "unused"'],
  ['path', 'there is no head "../../x". Known: '],
])('%s: the error says what is wrong with which file', (key, message) => {
  expect(results[key]).toEqual(expect.stringContaining(message));
});

test('an experiment loads what it lists and names, any number of times', () => {
  expect(results.experiment).toEqual(['head-none,head-second,head-scoped']);
});

test('what is wrong with plugins is told with the place in the file', () => {
  expect(results.wrong).toEqual([
    '/own/exp.yaml:7:25: model.backbone.dept: the backbone own has no such option. Did you mean "depth"? [E_EXPERIMENT]',
    '/own/exp.yaml:8:29: plugins.1: the head "first" of /bare/list.mjs is already there, from /bare/twin.mjs. Rename one of them or remove it. [E_ALREADY_REGISTERED]',
    '/own/exp.yaml:8:47: plugins.2: there is no package none in /own or above. Install it: npm install none. A file begins with ./ or ../. [E_PLUGIN]',
  ]);
});
