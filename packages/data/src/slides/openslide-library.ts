import { createRequire } from 'node:module';
import type koffiModule from 'koffi';
import { messageOf, MmsrError } from '@mmsr/core';
import { installedLibrary } from './openslide-part.js';

type Koffi = typeof koffiModule;
type Library = ReturnType<Koffi['load']>;

/** A slide of OpenSlide; opaque. */
type Handle = object;

/** The functions of OpenSlide 4 that are used, see openslide.h. */
export interface OpenSlide {
  readonly version: string;
  /** Null where it is no slide that OpenSlide knows. */
  open(path: string): Handle | null;
  close(slide: Handle): void;
  /** Why the slide cannot be used any more; null as long as it can. */
  error(slide: Handle): string | null;
  property(slide: Handle, name: string): string | null;
  levelCount(slide: Handle): number;
  /** In pixels of the level. */
  levelSize(slide: Handle, level: number): { widthPx: number; heightPx: number };
  /**
   * Reads premultiplied ARGB, a number for each pixel; the next read may overwrite it.
   * @param x of the corner, in pixels of level 0
   * @param width in pixels of the level
   */
  read(
    slide: Handle,
    at: { level: number; x: number; y: number; width: number; height: number },
  ): Uint32Array;
}

/** Regions up to this many pixels are read into the same memory: getting some anew takes as long as a patch. */
const KEPT_PIXELS = 1 << 20;

const SYSTEM_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: ['libopenslide.so.1', 'libopenslide.so.0'],
  darwin: ['libopenslide.1.dylib', '/opt/homebrew/lib/libopenslide.1.dylib'],
  win32: ['libopenslide-1.dll'],
};

let found: Promise<OpenSlide | undefined> | undefined;

/** The library that `mmsr-run install openslide` brought, else the system's; undefined without either. */
export function findOpenSlide(): Promise<OpenSlide | undefined> {
  found ??= search();
  return found;
}

async function search(): Promise<OpenSlide | undefined> {
  const installed = await installedLibrary();
  if (installed !== undefined) return loadOpenSlide(installed);
  for (const name of SYSTEM_LIBRARIES[process.platform] ?? []) {
    try {
      return loadOpenSlide(name);
    } catch {
      // Not there, or of another kind of machine: the next one.
    }
  }
  return undefined;
}

/**
 * Loads the library.
 * @param file a path, or a name that the system's loader finds
 * @throws MmsrError E_FILE when it cannot be loaded
 */
export function loadOpenSlide(file: string): OpenSlide {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const library = koffi.load(file);
    keepForever(koffi, file);
    return bind(library);
  } catch (error) {
    throw new MmsrError('E_FILE', `OpenSlide cannot be loaded: ${messageOf(error)}`, {
      where: file,
      advice: 'mmsr-run install openslide --uninstall, then install it again.',
      cause: error,
    });
  }
}

/**
 * Holds the library as long as the process lives. koffi unloads it when the thread that loaded it ends, before
 * the C library calls what OpenSlide's GLib asked to be called at a thread's end, which is then no longer there.
 * Windows calls it while it unloads.
 */
function keepForever(koffi: Koffi, file: string): void {
  if (process.platform === 'win32') return;
  const RTLD_NOW = 2;
  const dlopen = koffi.load(null).func('void *dlopen(const char *, int)') as (
    file: string,
    flags: number,
  ) => Handle | null;
  dlopen(file, RTLD_NOW);
}

function bind(library: Library): OpenSlide {
  const of = (signature: string) => library.func(signature);
  const version = of('const char *openslide_get_version()') as () => string;
  const open = of('void *openslide_open(const char *)') as (path: string) => Handle | null;
  const close = of('void openslide_close(void *)') as (slide: Handle) => void;
  const error = of('const char *openslide_get_error(void *)') as (slide: Handle) => string | null;
  const property = of(
    'const char *openslide_get_property_value(void *, const char *)',
  ) as OpenSlide['property'];
  const levelCount = of('int32_t openslide_get_level_count(void *)') as (slide: Handle) => number;
  const size = of(
    'void openslide_get_level_dimensions(void *, int32_t, _Out_ int64_t *, _Out_ int64_t *)',
  ) as (slide: Handle, level: number, width: number[], height: number[]) => void;
  const read = of(
    'void openslide_read_region(void *, void *, int64_t, int64_t, int32_t, int64_t, int64_t)',
  ) as (slide: Handle, to: Uint32Array, ...rest: number[]) => void;
  const memory = new Uint32Array(KEPT_PIXELS);
  return {
    version: version(),
    open,
    close,
    error,
    property,
    levelCount,
    levelSize(slide, level) {
      const [width, height] = [[0], [0]];
      size(slide, level, width, height);
      return { widthPx: Number(width[0]), heightPx: Number(height[0]) };
    },
    read(slide, { level, x, y, width, height }) {
      const pixels = width * height;
      const to = pixels <= KEPT_PIXELS ? memory.subarray(0, pixels) : new Uint32Array(pixels);
      read(slide, to, x, y, level, width, height);
      return to;
    },
  };
}
