import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { MmsrError } from '@mmsr/core';

/*
 * tfjs's own loader of its threaded binary is Emscripten's: it starts eight workers by a blob: URL, which
 * Node does not know, puts handlers on the process's uncaught exceptions and replaces global.Worker.
 * This one gives the binary the few functions it imports and nothing else; its XNNPACK runs on the
 * calling thread, and the threads are ours. The threaded binary it is because only its memory can be
 * shared.
 */

const BINARY = '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm';
const PAGE_BYTES = 65536;
const INITIAL_PAGES = 1024;
const MAXIMUM_PAGES = 65536;

interface BinaryExports {
  __wasm_call_ctors(): void;
  _emscripten_thread_init(block: number, main: number, runtime: number, mayBlock: number): void;
  _emscripten_tls_init(): void;
  malloc(bytes: number): number;
  free(address: number): void;
  stackSave(): number;
  stackRestore(address: number): void;
  stackAlloc(bytes: number): number;
  [kernel: string]: (...operands: number[]) => number | void;
}

/** What tfjs's WebAssembly backend uses of Emscripten's module object. */
export interface TfjsBinary {
  readonly memory: WebAssembly.Memory;
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  cwrap(
    name: string,
    returnType: string | null,
    argumentTypes: readonly string[],
  ): (...operands: (number | boolean | Uint8Array)[]) => number | void;
  readonly tfjs: Readonly<Record<string, (...operands: number[]) => number | void>>;
}

/** Loads the binary of the installed tfjs into a memory that threads can share. */
export async function loadTfjsBinary(): Promise<TfjsBinary> {
  const path = createRequire(import.meta.url).resolve(BINARY);
  const module = new WebAssembly.Module(await readFile(path));
  const memory = reserveMemory();
  let exports: BinaryExports | undefined = undefined;
  const imports = createImports(module, memory, () => exports as unknown as BinaryExports);
  const instance = new WebAssembly.Instance(module, imports);
  exports = instance.exports as unknown as BinaryExports;
  exports.__wasm_call_ctors();
  return createBinary(exports, memory);
}

/** Address space for the whole 4 GiB is taken at once, memory as it is needed. */
function reserveMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({
      initial: INITIAL_PAGES,
      maximum: MAXIMUM_PAGES,
      shared: true,
    });
  } catch (error) {
    const message = 'the system gives the wasm engine no address space for its 4 GiB of memory';
    throw new MmsrError('E_OUT_OF_MEMORY', message, {
      advice: 'Raise the limit of address space (`ulimit -v`), or end other programs.',
      cause: error,
    });
  }
}

function createImports(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  exports: () => BinaryExports,
): WebAssembly.Imports {
  const bytes = () => new Uint8Array(memory.buffer);
  const known: Record<string, (...operands: number[]) => number | void> = {
    __emscripten_init_main_thread_js: (block) => {
      exports()._emscripten_thread_init(block as number, 1, 1, 1);
      exports()._emscripten_tls_init();
    },
    emscripten_num_logical_cores: () => 1,
    emscripten_get_now: () => performance.now(),
    emscripten_get_heap_max: () => MAXIMUM_PAGES * PAGE_BYTES - PAGE_BYTES,
    emscripten_check_blocking_allowed: () => undefined,
    emscripten_memcpy_big: (target = 0, source = 0, length = 0) => {
      bytes().copyWithin(target >>> 0, source >>> 0, (source >>> 0) + (length >>> 0));
    },
    emscripten_resize_heap: (size = 0) => grow(memory, size >>> 0),
  };
  const env: Record<string, WebAssembly.ImportValue> = { memory };
  for (const { name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'function') env[name] = known[name] ?? (() => unexpected(name));
  }
  return { env, wasi_snapshot_preview1: env as Record<string, WebAssembly.ImportValue> };
}

function unexpected(name: string): never {
  throw new MmsrError('E_ENGINE', `the WebAssembly binary of tfjs called ${name}`, {
    advice: 'It most likely ran out of its 4 GiB of memory: lower training.batchSize or patchPx.',
  });
}

/** Emscripten's policy: a fifth more than is asked for, so that growing is rare. */
function grow(memory: WebAssembly.Memory, bytes: number): 0 | 1 {
  const now = memory.buffer.byteLength;
  const generous = Math.min(Math.max(bytes, now * 1.2), (MAXIMUM_PAGES - 1) * PAGE_BYTES);
  for (const size of [generous, bytes]) {
    try {
      memory.grow(Math.ceil((size - now) / PAGE_BYTES));
      return 1;
    } catch {
      continue;
    }
  }
  return 0;
}

function createBinary(exports: BinaryExports, memory: WebAssembly.Memory): TfjsBinary {
  let view = new Uint8Array(memory.buffer);
  const heap = () => {
    if (view.byteLength !== memory.buffer.byteLength) view = new Uint8Array(memory.buffer);
    return view;
  };
  return {
    memory,
    get HEAPU8() {
      return heap();
    },
    _malloc: (bytes) => allocate(exports, memory, bytes),
    _free: (address) => exports.free(address),
    cwrap: (name) => wrap(exports, name, heap),
    tfjs: {
      init: wrap(exports, 'init', heap),
      initWithThreadsCount: wrap(exports, 'init_with_threads_count', heap),
      getThreadsCount: wrap(exports, 'get_threads_count', heap),
      registerTensor: wrap(exports, 'register_tensor', heap),
      disposeData: wrap(exports, 'dispose_data', heap),
      dispose: wrap(exports, 'dispose', heap),
    },
  };
}

/** Where Emscripten's malloc would give 0, which tfjs would write to, this throws. */
function allocate(exports: BinaryExports, memory: WebAssembly.Memory, bytes: number): number {
  const address = bytes < MAXIMUM_PAGES * PAGE_BYTES ? exports.malloc(bytes) : 0;
  if (address !== 0 || bytes === 0) return address;
  const mib = Math.ceil(bytes / 2 ** 20);
  const held = Math.floor(memory.buffer.byteLength / 2 ** 20);
  throw new MmsrError(
    'E_OUT_OF_MEMORY',
    `WebAssembly has no ${mib} MiB left; it holds ${held} of the 4096 MiB that it can have`,
    { advice: 'The tensorflow engine can take all memory of the machine.' },
  );
}

/** A function of the binary; arrays are copied to its stack for the time of the call. */
function wrap(exports: BinaryExports, name: string, heap: () => Uint8Array) {
  const call = exports[name] as (...operands: number[]) => number | void;
  return (...operands: (number | boolean | Uint8Array)[]): number | void => {
    if (!operands.some((operand) => operand instanceof Uint8Array)) {
      return call(...(operands as number[]));
    }
    const stack = exports.stackSave();
    const numbers = operands.map((operand) => {
      if (!(operand instanceof Uint8Array)) return Number(operand);
      const address = exports.stackAlloc(operand.length);
      heap().set(operand, address >>> 0);
      return address;
    });
    const result = call(...numbers);
    exports.stackRestore(stack);
    return result;
  };
}
