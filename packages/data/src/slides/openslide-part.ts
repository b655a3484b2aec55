import { join } from 'node:path';
import {
  cacheFolder,
  checkPrerequisites,
  fetchWheel,
  findPart,
  installAside,
  lastLine,
  MmsrError,
  runTool,
  uninstallParts,
  type FoundPart,
  type InstalledPart,
  type InstallOptions,
  type NativePart,
  type Wheel,
} from '@mmsr/core';

const NAME = 'openslide';
const VERSION = '4.0.1.2';
/** Raised when the same wheel is installed in another way, so that older installs are not taken. */
const RECIPE = 1;

/** Of a wheel of some megabytes, twice, and of what is in it. */
const DISK_BYTES = 30e6;
const MEMORY_BYTES = 100e6;

interface Build {
  readonly wheel: Wheel;
  /** The library's place in the part. */
  readonly library: string;
}

function build(library: string, platform: string, sizeBytes: number, sha256: string): Build {
  const members = [`openslide_bin/${library}`, '*/licenses/*'];
  const wheel = { name: 'openslide-bin', version: VERSION, sha256, platform, sizeBytes, members };
  return { wheel, library: join('openslide_bin', library) };
}

const MACOS = build(
  'libopenslide.1.dylib',
  'macosx_11_0_universal2',
  3208622,
  '230cdb1e2cfa88b9f28ca8f51a7b47065b20a855ad3e7ba141cd663e5a713e8c',
);

/** By `platform-arch` of Node; the digests are those of the Python package index. */
const BUILDS: Readonly<Record<string, Build>> = {
  'linux-x64': build(
    'libopenslide.so.1',
    'manylinux_2_28_x86_64',
    2758562,
    '8ac4aa3a2277ed5e218ca0019db65bdd6e853f865eb4edd3da00e2f4acf0c923',
  ),
  'linux-arm64': build(
    'libopenslide.so.1',
    'manylinux_2_28_aarch64',
    2660275,
    '0dff14807e1b7ccfd476ca5b6945edf46908b76ec61777d35acb2a514e205c30',
  ),
  'darwin-arm64': MACOS,
  'darwin-x64': MACOS,
};

const platform = () => `${process.platform}-${process.arch}`;
const partKey = () => `${NAME}-${VERSION}-${platform()}-r${RECIPE}`;

/** OpenSlide from the Python wheel: one library, which needs nothing else. */
export const openslidePart: NativePart = {
  name: NAME,
  description: 'OpenSlide, which reads the files of slide scanners',
  supportsGpu: false,
  async installed() {
    const found = await findPart(cacheFolder(), [partKey()]);
    return found === undefined ? undefined : describe(found);
  },
  install,
  uninstall: () => uninstallParts(cacheFolder(), NAME),
};

/** The installed library; undefined where there is none. */
export async function installedLibrary(): Promise<string | undefined> {
  const found = await findPart(cacheFolder(), [partKey()]);
  const library = BUILDS[platform()]?.library;
  return found === undefined || library === undefined ? undefined : join(found.folder, library);
}

function describe({ folder, record }: FoundPart): InstalledPart {
  return { folder, description: `OpenSlide ${record.versions.openslide ?? ''}` };
}

async function install(options: InstallOptions): Promise<InstalledPart> {
  const chosen = BUILDS[platform()];
  if (chosen === undefined) {
    const there = Object.keys(BUILDS).join(', ');
    throw new MmsrError('E_INSTALL', `it is there for ${there}, not for ${platform()}`, {
      advice: 'Install OpenSlide 4 with the system’s packages: it is then found by itself.',
    });
  }
  const cache = cacheFolder();
  const there = await findPart(cache, [partKey()]);
  if (there !== undefined) return describe(there);
  await checkPrerequisites({
    cache,
    diskBytes: DISK_BYTES,
    memoryBytes: MEMORY_BYTES,
    otherwise: 'Slides that are JPEG-compressed TIFF, such as most SVS, are read without it.',
  });
  const make = async (folder: string) => {
    const origin = await fetchWheel(chosen.wheel, folder, folder, options);
    const openslide = await proveLibrary(join(folder, chosen.library), options.signal);
    return { name: NAME, gpu: false, versions: { openslide }, origins: [origin] };
  };
  return describe(await installAside({ cache, key: partKey(), build: make }, options));
}

/** Loads it in a process of its own, since a library that does not fit ends the process. */
async function proveLibrary(file: string, signal: AbortSignal | undefined): Promise<string> {
  const module = new URL('./openslide-library.js', import.meta.url).href;
  const script =
    `const { loadOpenSlide } = await import(${JSON.stringify(module)});` +
    `process.stdout.write(loadOpenSlide(${JSON.stringify(file)}).version);`;
  const { code, stdout, stderr } = await runTool(
    process.execPath,
    ['--input-type=module', '-e', script],
    { environment: { NODE_OPTIONS: '' }, signal },
  );
  if (code === 0 && stdout !== '') return stdout;
  const reason = lastLine(stderr, /error/i) || lastLine(stderr) || 'the process was killed';
  throw new MmsrError('E_INSTALL', `OpenSlide cannot be loaded: ${reason}`, { where: file });
}
