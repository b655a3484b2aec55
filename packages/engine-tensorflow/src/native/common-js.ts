import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as util from 'node:util';
import { compileFunction } from 'node:vm';

type Exports = Record<string, unknown>;
type Module = { exports: Exports };
type Wrapper = (module: Module, exports: Exports, require: (name: string) => unknown) => void;

const nodeRequire = createRequire(import.meta.url);

/** What tfjs-node 4.22 calls and Node 23 no longer has. */
const UTIL = {
  ...util,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: (value: unknown) => Array.isArray(value),
};

/**
 * Loads CommonJS files that lie outside of any node_modules, with packages that are loaded already in
 * the place of those that the files ask for. So there is one tfjs-core in the process, wherever the files
 * lie.
 */
export class CommonJsFiles {
  readonly #modules = new Map<string, Module>();

  /** @param packages what to give for each package name */
  constructor(private readonly packages: ReadonlyMap<string, unknown>) {}

  load(file: string): Exports {
    const loaded = this.#modules.get(file);
    if (loaded !== undefined) return loaded.exports;
    const module: Module = { exports: {} };
    this.#modules.set(file, module);
    const parameters = ['module', 'exports', 'require'];
    const run = compileFunction(readFileSync(file, 'utf8'), parameters, {
      filename: file,
    }) as unknown as Wrapper;
    run(module, module.exports, (name) => this.#require(name, dirname(file)));
    return module.exports;
  }

  #require(name: string, folder: string): unknown {
    const replacement = this.packages.get(name);
    if (replacement !== undefined) return replacement;
    if (name === 'util') return UTIL;
    if (!name.startsWith('.')) return nodeRequire(name);
    return this.load(join(folder, name.endsWith('.js') ? name : `${name}.js`));
  }
}
