/*
 * The hook of `useOneCore` on Node versions without module.registerHooks: Node runs it on a thread of
 * its own and calls `initialize` and `resolve` (https://nodejs.org/api/module.html#customization-hooks).
 */
import { isShared } from './shared-modules.js';

type NextResolve = (specifier: string, context: object) => unknown;

let core = '';

export function initialize(coreUrl: string): void {
  core = coreUrl;
}

export function resolve(specifier: string, context: object, next: NextResolve): unknown {
  return next(specifier, isShared(specifier) ? { ...context, parentURL: core } : context);
}
