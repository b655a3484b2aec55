import { MmsrError } from '@mmsr/core';
import { KERNELS } from './kernels.js';
import { CPU_BUILDS, GPU_BUILDS, TENSORFLOW_VERSION, type Build } from './wheels.js';

/** Raised when the same wheels are installed in another way, so that older installs are not taken. */
const RECIPE = 1;

/** The oldest glibc that the wheels run on, as their names say. */
const GLIBC = [2, 27] as const;

/** A machine, as far as the choice of a build depends on it. */
export interface Machine {
  /** `platform-arch` of Node. */
  readonly platform: string;
  /** Undefined on Linux without glibc (Alpine), and elsewhere. */
  readonly glibc: string | undefined;
}

export function thisPlatform(): string {
  return `${process.platform}-${process.arch}`;
}

/** Slow, since Node says the version of glibc only in a full report. */
export function thisMachine(): Machine {
  const { header } = process.report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string };
  };
  return { platform: thisPlatform(), glibc: header.glibcVersionRuntime };
}

/** The name of the part's folder. */
export function partKey(gpu: boolean, platform: string): string {
  const versions = `tensorflow-${TENSORFLOW_VERSION}-tfjs-${KERNELS.version}`;
  return `${versions}-${platform}${gpu ? '-gpu' : ''}-r${RECIPE}`;
}

/**
 * The build for a machine.
 * @throws MmsrError E_INSTALL where there is none, saying where there is one
 */
export function chooseBuild(gpu: boolean, { platform, glibc }: Machine): Build {
  const build = (gpu ? GPU_BUILDS : CPU_BUILDS)[platform];
  if (build === undefined) {
    const kind = gpu ? 'GPU build' : 'build';
    const there = Object.keys(gpu ? GPU_BUILDS : CPU_BUILDS).join(', ');
    throw unavailable(`TensorFlow has no ${kind} for ${platform}, only for ${there}`);
  }
  if (platform.startsWith('linux') && !isRecent(glibc)) {
    const found = glibc === undefined ? 'another C library' : `glibc ${glibc}`;
    throw unavailable(`TensorFlow needs glibc ${GLIBC.join('.')} or later, and here is ${found}`);
  }
  return build;
}

function isRecent(glibc: string | undefined): boolean {
  if (glibc === undefined) return false;
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  return major > GLIBC[0] || (major === GLIBC[0] && minor >= GLIBC[1]);
}

function unavailable(message: string): MmsrError {
  return new MmsrError('E_INSTALL', message, { advice: 'The wasm engine works here.' });
}
