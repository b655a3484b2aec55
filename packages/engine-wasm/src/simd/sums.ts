import type { FunctionContext, FunctionSource } from './assembler.js';
import {
  advance,
  f32,
  f32x4,
  get,
  i32,
  repeat,
  set,
  v128,
  type Code,
  type Variable,
} from './instructions.js';

const FLOAT = 4;
const VECTOR = 16;

type Five = [Variable, Variable, Variable, Variable, Variable];

/** target[column] = sum over rows of source[row * rowStride + column], the stride in bytes. */
export const addRows: FunctionSource = {
  name: 'addRows',
  parameters: 5,
  body: (parameters, context) => {
    const [source, rowStride, rows, columns, target] = parameters as Five;
    const [wide, narrow, single] = [1, 2, 3].map(() => context.local('i32')) as [
      Variable,
      Variable,
      Variable,
    ];
    const sumVectors = (vectors: number) =>
      addColumns(vectors, source, rowStride, rows, target, context);
    return [
      // Whole cache lines first.
      ...set(wide, i32.shrU(get(columns), i32.const(4))),
      ...repeat(wide, sumVectors(4)),
      ...set(narrow, i32.and(i32.shrU(get(columns), i32.const(2)), i32.const(3))),
      ...repeat(narrow, sumVectors(1)),
      ...set(single, i32.and(get(columns), i32.const(3))),
      ...repeat(single, addColumn(source, rowStride, rows, target, context)),
    ];
  },
};

/** Sums 4 * vectors columns; source and target move on past them. */
function addColumns(
  vectors: number,
  source: Variable,
  rowStride: Variable,
  rows: Variable,
  target: Variable,
  { local }: FunctionContext,
): Code {
  const sums = Array.from({ length: vectors }, () => local('v128'));
  const [row, count] = [local('i32'), local('i32')];
  const each = (use: (sum: Variable, offset: number) => Code): Code =>
    sums.flatMap((sum, i) => use(sum, i * VECTOR));
  return [
    ...each((sum) => set(sum, v128.zero)),
    ...set(row, get(source)),
    ...set(count, get(rows)),
    ...repeat(
      count,
      each((sum, offset) => set(sum, f32x4.add(get(sum), v128.load(get(row), offset)))),
      advance(row, get(rowStride)),
    ),
    ...each((sum, offset) => v128.store(get(target), get(sum), offset)),
    ...advance(source, i32.const(vectors * VECTOR)),
    ...advance(target, i32.const(vectors * VECTOR)),
  ];
}

function addColumn(
  source: Variable,
  rowStride: Variable,
  rows: Variable,
  target: Variable,
  { local }: FunctionContext,
): Code {
  const [row, count] = [local('i32'), local('i32')];
  const sum = f32.add(f32.load(get(target)), f32.load(get(row)));
  return [
    ...f32.store(get(target), f32.const(0)),
    ...set(row, get(source)),
    ...set(count, get(rows)),
    ...repeat(count, f32.store(get(target), sum), advance(row, get(rowStride))),
    ...advance(source, i32.const(FLOAT)),
    ...advance(target, i32.const(FLOAT)),
  ];
}
