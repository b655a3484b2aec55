import type { FunctionContext, FunctionSource } from './assembler.js';
import {
  advance,
  either,
  f32,
  f32x4,
  get,
  i32,
  minimum,
  repeat,
  repeatUntil,
  set,
  v128,
  when,
  type Code,
  type Variable,
} from './instructions.js';

/** Rows of a packed panel of A. */
export const PANEL_ROWS = 4;
/** Columns of a packed panel of B. */
export const PANEL_COLUMNS = 8;
/** Bytes that `multiply` works in where a tile reaches over the edge of C. */
export const EDGE_BYTES = 128;

const FLOAT = 4;
const VECTOR = 16;
const VECTORS = PANEL_COLUMNS / 4;

/*
 * 4 rows by 8 columns is 8 accumulators. More (5x8, 6x8, 4x12) or an unrolled loop makes V8 move the
 * loads of the next rows ahead and spill accumulators to the stack: measured 17 against 30 GFLOP/s.
 */
const TILE = Array.from({ length: PANEL_ROWS * VECTORS }, (_, i) => ({
  row: Math.floor(i / VECTORS),
  vector: i % VECTORS,
}));

type Six = [Variable, Variable, Variable, Variable, Variable, Variable];

/**
 * One tile of C: [4][8], rows `stride` bytes apart, set to or increased by the product of a panel of A
 * [depth][4] and one of B [depth][8]. A function of its own so that its loop stays in registers.
 */
export const multiplyTile: FunctionSource = {
  name: 'multiplyTile',
  parameters: 6,
  body: (parameters, { local }) => {
    const [a, b, c, depth, stride, accumulate] = parameters as Six;
    const end = local('i32');
    const row = local('i32');
    const factor = local('v128');
    const vectors = [local('v128'), local('v128')];
    const sums = TILE.map(() => local('v128'));
    return [
      ...set(end, i32.add(get(a), i32.mul(get(depth), i32.const(PANEL_ROWS * FLOAT)))),
      ...repeatUntil(i32.eq(get(a), get(end)), [
        ...vectors.flatMap((vector, i) => set(vector, v128.load(get(b), i * VECTOR))),
        ...sumRows(a, sums, vectors, factor),
        ...advance(a, i32.const(PANEL_ROWS * FLOAT)),
        ...advance(b, i32.const(PANEL_COLUMNS * FLOAT)),
      ]),
      ...storeTile(c, row, stride, accumulate, sums),
    ];
  },
};

/** One step of depth: sums[row][column] += a[row] * b[column]. */
function sumRows(
  a: Variable,
  sums: readonly Variable[],
  vectors: readonly Variable[],
  factor: Variable,
): Code {
  return TILE.flatMap(({ row, vector }, i) => {
    const sum = sums[i] as Variable;
    const b = vectors[vector] as Variable;
    return [
      ...(vector === 0 ? set(factor, v128.loadSplat(get(a), row * FLOAT)) : []),
      ...set(sum, f32x4.add(get(sum), f32x4.mul(get(factor), get(b)))),
    ];
  });
}

function storeTile(
  c: Variable,
  row: Variable,
  stride: Variable,
  accumulate: Variable,
  sums: readonly Variable[],
): Code {
  const each = (use: (address: Code, offset: number, sum: Variable) => Code): Code => [
    ...set(row, get(c)),
    ...TILE.flatMap(({ vector }, i) => [
      ...use(get(row), vector * VECTOR, sums[i] as Variable),
      ...(vector === VECTORS - 1 ? advance(row, get(stride)) : []),
    ]),
  ];
  const add = (address: Code, offset: number, sum: Variable) =>
    set(sum, f32x4.add(get(sum), v128.load(address, offset)));
  return [
    ...when(get(accumulate), each(add)),
    ...each((address, offset, sum) => v128.store(address, get(sum), offset)),
  ];
}

/**
 * C = A B or C += A B for packed A and B: the block product of Goto and van de Geijn (2008).
 * a: ceil(rows / 4) panels [depth][4]; b: ceil(columns / 8) panels [depth][8]; c: [rows][columns], rows
 * `stride` bytes apart; depth > 0; edge: EDGE_BYTES to work in.
 */
export const multiply: FunctionSource = {
  name: 'multiply',
  parameters: 9,
  body: (parameters, context) => {
    const [a, b, c, depth, rows, columns] = parameters as Six;
    const [stride, accumulate, edge] = parameters.slice(6) as [Variable, Variable, Variable];
    const [left, tile, rowsLeft, bands, panels] = Array.from({ length: 5 }, () =>
      context.local('i32'),
    ) as [Variable, Variable, Variable, Variable, Variable];
    const inside = i32.and(
      i32.geS(get(rowsLeft), i32.const(PANEL_ROWS)),
      i32.geS(get(columns), i32.const(PANEL_COLUMNS)),
    );
    const operands = [get(stride), get(accumulate)];
    return [
      ...set(panels, ceilDivide(columns, 3)),
      ...repeat(
        panels,
        set(left, get(a)),
        set(tile, get(c)),
        set(rowsLeft, get(rows)),
        set(bands, ceilDivide(rows, 2)),
        repeat(
          bands,
          either(
            inside,
            [context.call(multiplyTile, get(left), get(b), get(tile), get(depth), ...operands)],
            [
              context.call(
                multiplyTile,
                ...[get(left), get(b), get(edge), get(depth)],
                ...[i32.const(PANEL_COLUMNS * FLOAT), i32.const(0)],
              ),
              copyEdge(edge, tile, stride, accumulate, rowsLeft, columns, context),
            ],
          ),
          advance(left, i32.mul(get(depth), i32.const(PANEL_ROWS * FLOAT))),
          advance(tile, i32.mul(get(stride), i32.const(PANEL_ROWS))),
          advance(rowsLeft, i32.const(-PANEL_ROWS)),
        ),
        advance(b, i32.mul(get(depth), i32.const(PANEL_COLUMNS * FLOAT))),
        advance(c, i32.const(PANEL_COLUMNS * FLOAT)),
        advance(columns, i32.const(-PANEL_COLUMNS)),
      ),
    ];
  },
};

/** ceil(value / 2^shift) */
function ceilDivide(value: Variable, shift: number): Code {
  return i32.shrU(i32.add(get(value), i32.const((1 << shift) - 1)), i32.const(shift));
}

/** Copies or adds what of a tile lies in C. */
function copyEdge(
  edge: Variable,
  tile: Variable,
  stride: Variable,
  accumulate: Variable,
  rowsLeft: Variable,
  columns: Variable,
  { local }: FunctionContext,
): Code {
  const [from, fromRow, to, toRow, rows, count] = Array.from({ length: 6 }, () =>
    local('i32'),
  ) as Six;
  const sum = f32.add(f32.load(get(from)), f32.load(get(to)));
  return [
    ...set(fromRow, get(edge)),
    ...set(toRow, get(tile)),
    ...set(rows, minimum(get(rowsLeft), i32.const(PANEL_ROWS))),
    ...repeat(
      rows,
      set(from, get(fromRow)),
      set(to, get(toRow)),
      set(count, minimum(get(columns), i32.const(PANEL_COLUMNS))),
      repeat(
        count,
        when(get(accumulate), f32.store(get(from), sum)),
        f32.store(get(to), f32.load(get(from))),
        advance(from, i32.const(FLOAT)),
        advance(to, i32.const(FLOAT)),
      ),
      advance(fromRow, i32.const(PANEL_COLUMNS * FLOAT)),
      advance(toRow, get(stride)),
    ),
  ];
}
