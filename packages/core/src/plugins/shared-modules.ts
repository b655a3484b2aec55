/** Packages of which a process has one copy: the contracts, and the tensors that pass between plugins. */
const SHARED = ['@mmsr/core', '@tensorflow/tfjs-core'];

/** Whether an import names a shared package or a file in one. */
export function isShared(specifier: string): boolean {
  return SHARED.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}
