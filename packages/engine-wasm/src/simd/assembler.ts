import { unsigned, type Code, type ValueType, type Variable } from './instructions.js';

/** A function of i32 parameters and no result, written as instructions. */
export interface FunctionSource {
  readonly name: string;
  readonly parameters: number;
  /** @param parameters the parameters as variables; they may be changed */
  body(parameters: readonly Variable[], context: FunctionContext): Code;
}

export interface FunctionContext {
  /** Declares a further variable, 0 at first. */
  readonly local: (type: ValueType) => Variable;
  /** Calls another function of the module. */
  readonly call: (callee: FunctionSource, ...operands: readonly Code[]) => Code;
}

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, v128: 0x7b };
const MAGIC_AND_VERSION: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SHARED_WITH_MAXIMUM = 3;
const MAXIMUM_PAGES = 65536;

/**
 * A WebAssembly module of these functions over the shared memory imported as `env.memory`.
 * @returns the binary, for WebAssembly.Module
 */
export function assemble(functions: readonly FunctionSource[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [
    0x60,
    ...list(new Array<Code>(parameters).fill([TYPE_CODES.i32])),
    ...list([]),
  ]);
  const memory = [SHARED_WITH_MAXIMUM, ...unsigned(1), ...unsigned(MAXIMUM_PAGES)];
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, list(types)),
    ...section(2, list([[...text('env'), ...text('memory'), 0x02, ...memory]])),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(7, list(functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]))),
    ...section(10, list(functions.map((source) => encodeBody(source, functions)))),
  ]);
}

function encodeBody(source: FunctionSource, all: readonly FunctionSource[]): Code {
  const types: ValueType[] = [];
  const context: FunctionContext = {
    local: (type) => ({ index: source.parameters + types.push(type) - 1, type }),
    call: (callee, ...operands) => [
      ...operands.flat(),
      ...[0x10, ...unsigned(all.indexOf(callee))],
    ],
  };
  const parameters = Array.from({ length: source.parameters }, (_, index): Variable => {
    return { index, type: 'i32' };
  });
  const code = source.body(parameters, context);
  const locals = list(types.map((type) => [1, TYPE_CODES[type]]));
  const END = 0x0b;
  const body = [...locals, ...code, END];
  return [...unsigned(body.length), ...body];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function text(name: string): Code {
  const bytes = [...new TextEncoder().encode(name)];
  return [...unsigned(bytes.length), ...bytes];
}
