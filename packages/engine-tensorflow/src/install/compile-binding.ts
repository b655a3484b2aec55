import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCompiler, lastLine, MmsrError, runTool } from '@mmsr/core';
import { STARTUP_ADDON } from '../native/startup.js';
import type { partLayout } from './layout.js';

type Layout = ReturnType<typeof partLayout>;

/**
 * Compiles tfjs-node's binding for Node against the libraries of the wheel, and the small addon beside
 * it. They use Node-API 8, so that they serve every Node; its headers come with npm, and node-gyp is not
 * needed.
 * @throws MmsrError E_INSTALL with the compiler's error
 */
export async function compileBinding(
  layout: Layout,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { command } = await findCompiler();
  // What looked for a compiler before the download found one.
  if (command === undefined) throw new MmsrError('E_INSTALL', 'the C++ compiler is gone');
  for (const commandLine of [bindingArguments(layout), startupArguments(layout)]) {
    const { code, stderr } = await runTool(command, commandLine, { signal });
    if (code === 0) continue;
    const reason = lastLine(stderr, /error|undefined|cannot/i) || lastLine(stderr);
    throw new MmsrError('E_INSTALL', `${command} could not compile the binding: ${reason}`, {
      advice: 'Try another compiler with CXX=g++ or CXX=clang++. The wasm engine works without it.',
    });
  }
}

/** The C API of Node is found when the binding is loaded, so the linker must not look for it. */
export function bindingArguments(
  layout: Layout,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'];
  return [
    ...addonArguments(),
    ...['-I', layout.includeFolder],
    ...sources.map((source) => join(layout.sourcesFolder, source)),
    ...(platform === 'darwin' ? macLibraries(layout) : linuxLibraries(layout)),
    ...['-o', layout.bindingFile],
  ];
}

/** native/startup.cc of this package, see `startUp`. */
function startupArguments({ bindingFile }: Layout): string[] {
  const source = fileURLToPath(new URL('../../native/startup.cc', import.meta.url));
  const lookup = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
  return [...addonArguments(), source, ...lookup, '-o', join(dirname(bindingFile), STARTUP_ADDON)];
}

function addonArguments(): string[] {
  return ['-shared', '-fPIC', '-O2', '-std=c++17', '-DNAPI_VERSION=8', '-I', nodeApiHeaders()];
}

function nodeApiHeaders(): string {
  const manifest = createRequire(import.meta.url).resolve('node-api-headers/package.json');
  return join(dirname(manifest), 'include');
}

function linuxLibraries({ librariesFolder }: Layout): string[] {
  const libraries = ['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'];
  return ['-L', librariesFolder, ...libraries, `-Wl,-rpath,$ORIGIN/site-packages/tensorflow`];
}

function macLibraries({ librariesFolder }: Layout): string[] {
  const names = ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'];
  const libraries = names.map((name) => join(librariesFolder, name));
  const path = '-Wl,-rpath,@loader_path/site-packages/tensorflow';
  return ['-undefined', 'dynamic_lookup', ...libraries, path];
}
