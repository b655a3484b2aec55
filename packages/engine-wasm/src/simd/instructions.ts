/*
 * The WebAssembly instructions the kernels are written in, each a function from operand code to code:
 * an expression is the bytes that leave its value on the stack. Opcodes: webassembly.github.io/spec,
 * "Index of Instructions"; only what the kernels use is here.
 */

/** Encoded instructions. */
export type Code = readonly number[];

export type ValueType = 'i32' | 'v128';

/** A parameter or local variable of the function being written. */
export interface Variable {
  readonly index: number;
  readonly type: ValueType;
}

/** Unsigned LEB128. */
export function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128. */
export function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      return [...bytes, low];
    }
    bytes.push(low | 0x80);
  }
}

type Binary = (a: Code, b: Code) => Code;
type Unary = (a: Code) => Code;

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const binary =
  (opcode: Code): Binary =>
  (a, b) => [...a, ...b, ...opcode];
const unary =
  (opcode: Code): Unary =>
  (a) => [...a, ...opcode];
/** Alignment hint (log2 of the bytes) and constant offset. */
const memory = (alignment: number, offset: number): Code => [alignment, ...unsigned(offset)];

export const get = (variable: Variable): Code => [0x20, ...unsigned(variable.index)];
export const set = (variable: Variable, value: Code): Code => [
  ...value,
  0x21,
  ...unsigned(variable.index),
];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  add: binary([0x6a]),
  sub: binary([0x6b]),
  mul: binary([0x6c]),
  and: binary([0x71]),
  shl: binary([0x74]),
  shrU: binary([0x76]),
  eq: binary([0x46]),
  geS: binary([0x4e]),
  gtS: binary([0x4a]),
};

export const f32 = {
  const: (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)],
  load: (address: Code, offset = 0): Code => [...address, 0x2a, ...memory(2, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    0x38,
    ...memory(2, offset),
  ],
  add: binary([0x92]),
};

export const v128 = {
  load: (address: Code, offset = 0): Code => [...address, ...simd(0), ...memory(2, offset)],
  loadSplat: (address: Code, offset = 0): Code => [...address, ...simd(9), ...memory(2, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...simd(11),
    ...memory(2, offset),
  ],
  zero: [...simd(12), ...new Array<number>(16).fill(0)] as Code,
  and: binary(simd(78)),
  andnot: binary(simd(79)),
  or: binary(simd(80)),
};

export const f32x4 = {
  add: binary(simd(228)),
  sub: binary(simd(229)),
  mul: binary(simd(230)),
  div: binary(simd(231)),
  neg: unary(simd(225)),
  abs: unary(simd(224)),
  gt: binary(simd(68)),
  /** Four copies of a constant. */
  const: (value: number): Code => {
    const bytes = new Uint8Array(Float32Array.of(value, value, value, value).buffer);
    return [...simd(12), ...bytes];
  },
  /** Lanes 0..3 are those of `a`, 4..7 those of `b`. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    ...a,
    ...b,
    ...simd(13),
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
  ],
};

/** Copies bytes; the ranges may overlap. */
export const memoryCopy = (target: Code, source: Code, bytes: Code): Code => [
  ...[...target, ...source, ...bytes],
  ...[0xfc, 10, 0, 0],
];
export const memoryFill = (target: Code, byte: Code, bytes: Code): Code => [
  ...[...target, ...byte, ...bytes],
  ...[0xfc, 11, 0],
];

const EMPTY_BLOCK = 0x40;
const END = 0x0b;

/** Runs the body `counter` times; the counter is 0 afterwards. */
export function repeat(counter: Variable, ...body: readonly Code[]): Code {
  const again = [...set(counter, i32.sub(get(counter), i32.const(1))), ...get(counter), 0x0d, 0];
  const loop = [0x03, EMPTY_BLOCK, ...body.flat(), ...again, END];
  return when(get(counter), loop);
}

/** Runs the body once and again until the condition holds. */
export function repeatUntil(condition: Code, body: Code): Code {
  return [0x03, EMPTY_BLOCK, ...body, ...condition, 0x45, 0x0d, 0, END];
}

export function when(condition: Code, ...body: readonly Code[]): Code {
  return [...condition, 0x04, EMPTY_BLOCK, ...body.flat(), END];
}

export function either(condition: Code, yes: readonly Code[], no: readonly Code[]): Code {
  return [...condition, 0x04, EMPTY_BLOCK, ...yes.flat(), 0x05, ...no.flat(), END];
}

/** variable += amount */
export function advance(variable: Variable, amount: Code): Code {
  return set(variable, i32.add(get(variable), amount));
}

/** The smaller of two signed numbers; each operand is evaluated once or twice. */
export function minimum(a: Code, b: Code): Code {
  return [...a, ...b, ...i32.gtS(b, a), 0x1b];
}
