import * as nodeModule from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isShared } from './shared-modules.js';

/*
 * A plugin may lie in a folder where @mmsr/core cannot be found, or beside a second copy of it or of
 * tfjs-core. Both must be those that run: a tensor of another tfjs-core belongs to an engine that was
 * never started. So whoever imports one of them gets what this file's package would get.
 */
const CORE = new URL('../index.js', import.meta.url).href;

type ResolveContext = { readonly conditions: readonly string[]; readonly parentURL?: string };
type Resolved = { readonly url: string; readonly shortCircuit?: boolean };
type Resolve<Context> = (
  specifier: string,
  context: Context,
  next: (specifier: string, context: Context) => Resolved,
) => Resolved;

/** In Node from 22.15; the types are those of Node 20. */
type RegisterHooks = (hooks: { resolve: Resolve<ResolveContext> }) => void;
type ResolveFilename = (
  request: string,
  parent?: { filename?: string },
  ...rest: unknown[]
) => string;

let inUse = false;

/**
 * From now on `@mmsr/core` and `@tensorflow/tfjs-core` are, for every module that this thread loads,
 * the ones already running. Call it in each thread that imports plugins; further calls do nothing.
 */
export function useOneCore(): void {
  if (inUse) return;
  inUse = true;
  const { registerHooks } = nodeModule as unknown as { registerHooks?: RegisterHooks };
  if (registerHooks !== undefined) {
    registerHooks({ resolve: resolveAsCore });
    return;
  }
  nodeModule.register(new URL('./one-core-hook.js', import.meta.url), { data: CORE });
  redirectRequire();
}

const requireAsCore = nodeModule.createRequire(CORE);

const resolveAsCore: Resolve<ResolveContext> = (specifier, context, next) => {
  if (!isShared(specifier) || context.parentURL === CORE) return next(specifier, context);
  // `require` looks from the real parent whatever parentURL says.
  return context.conditions.includes('require')
    ? { url: pathToFileURL(requireAsCore.resolve(specifier)).href, shortCircuit: true }
    : next(specifier, { ...context, parentURL: CORE });
};

/** `module.register` does not reach `require`; in the Node versions that lack registerHooks this does. */
function redirectRequire(): void {
  const loader = nodeModule.Module as unknown as { _resolveFilename: ResolveFilename };
  const original = loader._resolveFilename;
  const core = fileURLToPath(CORE);
  loader._resolveFilename = function (request, parent, ...rest) {
    return isShared(request) && parent?.filename !== core
      ? requireAsCore.resolve(request)
      : original.call(this, request, parent, ...rest);
  };
}
