import { assemble, type FunctionSource } from './assembler.js';
import {
  advance,
  either,
  f32x4,
  get,
  i32,
  minimum,
  repeat,
  repeatUntil,
  set,
  signed,
  unsigned,
  v128,
  when,
  type Code,
  type Variable,
} from './instructions.js';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });

function build(...functions: FunctionSource[]) {
  const module = new WebAssembly.Module(assemble(functions));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as Record<string, (...operands: number[]) => void>;
}

/** What an expression of two numbers gives, stored as a vector of four. */
function evaluate(expression: (a: Variable, b: Variable) => Code, a: number, b: number): number {
  const source: FunctionSource = {
    name: 'run',
    parameters: 2,
    body: ([x, y]) => [
      ...i32.const(0),
      ...expression(x as Variable, y as Variable),
      ...[0x36, 2, 0], // i32.store
    ],
  };
  build(source).run?.(a, b);
  return new Int32Array(memory.buffer)[0] as number;
}

// The examples of the LEB128 article and the ends of the range.
test('LEB128', () => {
  expect(unsigned(624485)).toEqual([0xe5, 0x8e, 0x26]);
  expect(unsigned(0)).toEqual([0]);
  expect(unsigned(0xffffffff)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  expect(signed(-123456)).toEqual([0xc0, 0xbb, 0x78]);
  expect(signed(63)).toEqual([63]);
  expect(signed(64)).toEqual([0xc0, 0]);
  expect(signed(-64)).toEqual([0x40]);
});

test('integers', () => {
  const two =
    (operation: (a: Code, b: Code) => Code) =>
    (a: number, b: number): number =>
      evaluate((x, y) => operation(get(x), get(y)), a, b);
  expect(two(i32.add)(7, -9)).toBe(-2);
  expect(two(i32.sub)(7, 9)).toBe(-2);
  expect(two(i32.mul)(-7, 9)).toBe(-63);
  expect(two(i32.and)(12, 10)).toBe(8);
  expect(two(i32.shrU)(-1, 28)).toBe(15);
  expect(two(i32.eq)(3, 3)).toBe(1);
  expect(two(i32.geS)(-1, 1)).toBe(0);
  expect(two(i32.gtS)(1, -1)).toBe(1);
  expect(two(minimum)(5, -5)).toBe(-5);
  expect(evaluate(() => i32.const(-100000), 0, 0)).toBe(-100000);
});

test('loops and branches', () => {
  const sumTo = (counter: Variable, sum: Variable): Code => [
    ...repeat(counter, advance(sum, get(counter))),
    ...get(sum),
  ];
  expect(evaluate(sumTo, 4, 0)).toBe(10);
  expect(evaluate(sumTo, 0, 0)).toBe(0);
  const doubleUntil64 = (x: Variable): Code => [
    ...repeatUntil(i32.geS(get(x), i32.const(64)), advance(x, get(x))),
    ...get(x),
  ];
  expect(evaluate(doubleUntil64, 3, 0)).toBe(96);
  expect(evaluate(doubleUntil64, 100, 0)).toBe(200);
  const branch = (x: Variable, y: Variable): Code => [
    ...either(get(x), [set(y, i32.const(1))], [set(y, i32.const(2))]),
    ...when(i32.eq(get(x), i32.const(9)), set(y, i32.const(3))),
    ...get(y),
  ];
  expect([1, 0, 9].map((x) => evaluate(branch, x, 0))).toEqual([1, 2, 3]);
});

test('functions call each other, and locals begin at 0', () => {
  const storeSum: FunctionSource = {
    name: 'storeSum',
    parameters: 2,
    body: ([a, b], { local }) => {
      const vector = local('v128');
      return [
        ...v128.store(i32.const(16), get(vector)),
        ...i32.const(0),
        ...i32.add(get(a as Variable), get(b as Variable)),
        ...[0x36, 2, 0],
      ];
    },
  };
  const outer: FunctionSource = {
    name: 'outer',
    parameters: 1,
    body: ([a], { call }) => call(storeSum, get(a as Variable), i32.const(5)),
  };
  new Int32Array(memory.buffer).fill(-1);
  build(outer, storeSum).outer?.(37);
  expect([...new Int32Array(memory.buffer, 0, 8)]).toEqual([42, -1, -1, -1, 0, 0, 0, 0]);
});

test('vectors', () => {
  const program: FunctionSource = {
    name: 'run',
    parameters: 0,
    body: () => {
      const [a, b] = [v128.load(i32.const(0)), v128.load(i32.const(0), 16)];
      const results = [
        f32x4.add(a, b),
        f32x4.mul(a, b),
        f32x4.shuffle(a, b, [7, 0, 6, 1]),
        v128.loadSplat(i32.const(8)),
        v128.zero,
      ];
      return results.flatMap((result, i) => v128.store(i32.const(0), result, 32 + 16 * i));
    },
  };
  const floats = new Float32Array(memory.buffer);
  floats.set([1, 2, 3, 4, 10, 20, 30, 40]);
  build(program).run?.();
  expect([...floats.subarray(8, 28)]).toEqual([
    ...[11, 22, 33, 44, 10, 40, 90, 160],
    ...[40, 1, 30, 2, 3, 3, 3, 3, 0, 0, 0, 0],
  ]);
});
