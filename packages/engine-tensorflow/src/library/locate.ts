import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { partLayout } from '../install/layout.js';
import { findTensorflow } from '../install/tensorflow-part.js';

/** A native TensorFlow that can be loaded. */
export interface LocatedLibrary {
  /** `installed` by `mmsr-run install`, or the `stock` package that npm installed with its binary. */
  readonly origin: 'installed' | 'stock';
  /** Whether the build can use a GPU. */
  readonly gpu: boolean;
  /** Of TensorFlow. */
  readonly version: string;
  /** The JavaScript of tfjs-node, its folder `dist`. */
  readonly kernelsFolder: string;
  readonly bindingFile: string;
}

/** Stock packages, the preferred one first. */
const STOCK = [
  { name: '@tensorflow/tfjs-node-gpu', gpu: true },
  { name: '@tensorflow/tfjs-node', gpu: false },
];

/**
 * Looks for native TensorFlow: what `mmsr-run install tensorflow` made, else what npm could install. Looks
 * at files only and loads nothing.
 * @param places files from which npm's packages are looked for: this one, then the folder of the user
 */
export async function locateLibrary(
  places: readonly string[] = [import.meta.url, join(process.cwd(), 'package.json')],
): Promise<LocatedLibrary | { readonly reason: string }> {
  const found = (await installedLibrary()) ?? stockLibrary(places);
  return (
    found ?? {
      reason: 'native TensorFlow is not installed; run `npx mmsr-run install tensorflow`',
    }
  );
}

async function installedLibrary(): Promise<LocatedLibrary | undefined> {
  const found = await findTensorflow();
  if (found === undefined) return undefined;
  const { kernelsFolder, bindingFile } = partLayout(found.folder);
  const { gpu, versions } = found.record;
  const version = versions.tensorflow ?? 'unknown';
  return { origin: 'installed', gpu, version, kernelsFolder, bindingFile };
}

function stockLibrary(places: readonly string[]): LocatedLibrary | undefined {
  for (const { name, gpu } of STOCK) {
    for (const place of places) {
      const folder = packageFolder(name, place);
      const bindingFile = folder === undefined ? undefined : stockBinding(folder);
      if (folder === undefined || bindingFile === undefined) continue;
      const kernelsFolder = join(folder, 'dist');
      return { origin: 'stock', gpu, version: stockVersion(folder), kernelsFolder, bindingFile };
    }
  }
  return undefined;
}

function packageFolder(name: string, place: string): string | undefined {
  try {
    return dirname(createRequire(place).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Without its binary, where npm could not download it, the package is of no use. */
function stockBinding(folder: string): string | undefined {
  const library = join(folder, 'lib');
  if (!existsSync(library)) return undefined;
  return readdirSync(library)
    .filter((name) => name.startsWith('napi-v'))
    .map((name) => join(library, name, 'tfjs_binding.node'))
    .find((file) => existsSync(file));
}

/** As the package's installer has it, of the library that it downloads. */
function stockVersion(folder: string): string {
  const file = join(folder, 'scripts', 'deps-constants.js');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /LIBTENSORFLOW_VERSION = '([\d.]+)'/.exec(text)?.[1] ?? 'unknown';
}
