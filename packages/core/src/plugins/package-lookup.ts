import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, MmsrError } from '../errors.js';

/** What is read of a package.json. */
interface PackageManifest {
  readonly name?: string;
  readonly version?: string;
  readonly exports?: unknown;
  readonly main?: string;
}

export interface FoundPackage {
  readonly name: string;
  readonly version: string | undefined;
  /** Of the module that `import NAME` loads. */
  readonly url: string;
}

/** What holds for `import` in Node; `require` is not among them. */
const CONDITIONS = ['node', 'import', 'module-sync', 'default'];

/**
 * Finds what `import NAME` would load in a module of that folder. Node offers this for the importing
 * module's own folder only; createRequire would miss packages that export to `import` alone.
 * @returns undefined when no folder above has the package
 * @throws MmsrError E_PLUGIN when the package is damaged or exports nothing to `import`
 */
export async function findPackage(name: string, folder: string): Promise<FoundPackage | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const directory = join(at, 'node_modules', name);
    const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return describePackage(name, directory, text);
    if (dirname(at) === at) return undefined;
  }
}

async function describePackage(
  name: string,
  directory: string,
  text: string,
): Promise<FoundPackage> {
  try {
    const manifest = JSON.parse(text) as PackageManifest;
    const entry = entryOf(manifest);
    if (entry === undefined) throw new Error('its package.json exports nothing to `import`');
    const url = pathToFileURL(await realpath(join(directory, entry))).href;
    return { name, version: manifest.version, url };
  } catch (error) {
    throw new MmsrError('E_PLUGIN', `the package ${name} cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function entryOf({ exports, main }: PackageManifest): string | undefined {
  if (exports === undefined || exports === null) return main ?? 'index.js';
  const keys = typeof exports === 'object' ? Object.keys(exports) : [];
  const bySubpath = !Array.isArray(exports) && keys.some((key) => key.startsWith('.'));
  return targetOf(bySubpath ? (exports as Record<string, unknown>)['.'] : exports);
}

/** The first target whose conditions hold, as https://nodejs.org/api/packages.html has it. */
function targetOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return undefined;
  const options = Array.isArray(target)
    ? target
    : Object.entries(target)
        .filter(([condition]) => CONDITIONS.includes(condition))
        .map(([, option]: [string, unknown]) => option);
  for (const option of options) {
    const found = targetOf(option);
    if (found !== undefined) return found;
  }
  return undefined;
}
