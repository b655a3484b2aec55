import type { FunctionSource } from './assembler.js';
import {
  advance,
  either,
  f32,
  f32x4,
  get,
  i32,
  memoryCopy,
  memoryFill,
  repeat,
  set,
  v128,
  type Code,
  type Variable,
} from './instructions.js';

const FLOAT = 4;
const VECTOR = 16;

type Six = [Variable, Variable, Variable, Variable, Variable, Variable];

/**
 * Transposes up to 4 rows: target[k * targetStride + row] = source[row * rowStride + k], strides in
 * bytes, k < length.
 */
export const packRows: FunctionSource = {
  name: 'packRows',
  parameters: 6,
  body: (parameters, { local }) => {
    const [source, rowStride, rows, length, target, targetStride] = parameters as Six;
    const [row1, row2, row3] = [local('i32'), local('i32'), local('i32')];
    const [vectors, line] = [local('i32'), local('i32')];
    const all = [source, row1, row2, row3] as const;
    const [from, to, count] = [local('i32'), local('i32'), local('i32')];
    const nextRow = (row: Variable, previous: Variable) =>
      set(row, i32.add(get(previous), get(rowStride)));
    const four = [
      nextRow(row1, source),
      nextRow(row2, row1),
      nextRow(row3, row2),
      set(vectors, i32.shrU(get(length), i32.const(2))),
      repeat(
        vectors,
        transposeFour(all, target, targetStride, line, local),
        ...all.map((row) => advance(row, i32.const(VECTOR))),
      ),
      set(length, i32.and(get(length), i32.const(3))),
      ...all.map((row, lane) => [
        ...set(from, get(row)),
        ...set(to, i32.add(get(target), i32.const(lane * FLOAT))),
        ...set(count, get(length)),
        ...copyStrided(from, i32.const(FLOAT), to, get(targetStride), count),
      ]),
    ];
    const fewer = repeat(
      rows,
      set(from, get(source)),
      set(to, get(target)),
      set(count, get(length)),
      copyStrided(from, i32.const(FLOAT), to, get(targetStride), count),
      advance(source, get(rowStride)),
      advance(target, i32.const(FLOAT)),
    );
    return either(i32.eq(get(rows), i32.const(4)), four, [fewer]);
  },
};

/**
 * Copies up to 4 columns: target[k * targetStride + column] = source[k * rowStride + column], strides in
 * bytes, k < length.
 */
export const packColumns: FunctionSource = {
  name: 'packColumns',
  parameters: 6,
  body: (parameters, { local }) => {
    const [source, rowStride, columns, length, target, targetStride] = parameters as Six;
    const [from, to, count] = [local('i32'), local('i32'), local('i32')];
    const four = repeat(
      length,
      v128.store(get(target), v128.load(get(source))),
      advance(source, get(rowStride)),
      advance(target, get(targetStride)),
    );
    const fewer = repeat(
      columns,
      set(from, get(source)),
      set(to, get(target)),
      set(count, get(length)),
      copyStrided(from, get(rowStride), to, get(targetStride), count),
      advance(source, i32.const(FLOAT)),
      advance(target, i32.const(FLOAT)),
    );
    return either(i32.eq(get(columns), i32.const(4)), [four], [fewer]);
  },
};

/** Copies `count` runs of floats: target[i * targetStride + k] = source[i * sourceStride + k], k < run. */
export const copyRuns: FunctionSource = {
  name: 'copyRuns',
  parameters: 6,
  body: (parameters, { local }) => {
    const [source, sourceStride, run, count, target, targetStride] = parameters as Six;
    const [from, to, vectors, singles] = [local('i32'), local('i32'), local('i32'), local('i32')];
    return repeat(
      count,
      set(from, get(source)),
      set(to, get(target)),
      set(vectors, i32.shrU(get(run), i32.const(2))),
      repeat(
        vectors,
        v128.store(get(to), v128.load(get(from))),
        advance(from, i32.const(VECTOR)),
        advance(to, i32.const(VECTOR)),
      ),
      set(singles, i32.and(get(run), i32.const(3))),
      copyStrided(from, i32.const(FLOAT), to, i32.const(FLOAT), singles),
      advance(source, get(sourceStride)),
      advance(target, get(targetStride)),
    );
  },
};

/** copy(target, source, bytes) */
export const copy: FunctionSource = {
  name: 'copy',
  parameters: 3,
  body: (parameters) => {
    const [target, source, bytes] = parameters as [Variable, Variable, Variable];
    return memoryCopy(get(target), get(source), get(bytes));
  },
};

/** zero(target, bytes) */
export const zero: FunctionSource = {
  name: 'zero',
  parameters: 2,
  body: (parameters) => {
    const [target, bytes] = parameters as [Variable, Variable];
    return memoryFill(get(target), i32.const(0), get(bytes));
  },
};

/** Reads a 4 by 4 block at the rows and writes its transpose at target; target moves 4 strides on. */
function transposeFour(
  rows: readonly Variable[],
  target: Variable,
  targetStride: Variable,
  line: Variable,
  local: (type: 'v128') => Variable,
): Code {
  const inputs = rows.map(() => local('v128')) as [Variable, Variable, Variable, Variable];
  const halves = rows.map(() => local('v128')) as [Variable, Variable, Variable, Variable];
  const [a, b, c, d] = inputs.map(get) as [Code, Code, Code, Code];
  const [lowAb, lowCd, highAb, highCd] = halves.map(get) as [Code, Code, Code, Code];
  const LOW = [0, 4, 1, 5];
  const HIGH = [2, 6, 3, 7];
  const columns = [
    f32x4.shuffle(lowAb, lowCd, [0, 1, 4, 5]),
    f32x4.shuffle(lowAb, lowCd, [2, 3, 6, 7]),
    f32x4.shuffle(highAb, highCd, [0, 1, 4, 5]),
    f32x4.shuffle(highAb, highCd, [2, 3, 6, 7]),
  ];
  return [
    ...inputs.flatMap((input, i) => set(input, v128.load(get(rows[i] as Variable)))),
    ...set(halves[0], f32x4.shuffle(a, b, LOW)),
    ...set(halves[1], f32x4.shuffle(c, d, LOW)),
    ...set(halves[2], f32x4.shuffle(a, b, HIGH)),
    ...set(halves[3], f32x4.shuffle(c, d, HIGH)),
    ...set(line, get(target)),
    ...columns.flatMap((column) => [
      ...v128.store(get(line), column),
      ...advance(line, get(targetStride)),
    ]),
    ...set(target, get(line)),
  ];
}

/** Copies `count` floats between places that move by a stride; all three variables are used up. */
function copyStrided(
  from: Variable,
  fromStride: Code,
  to: Variable,
  toStride: Code,
  count: Variable,
): Code {
  return repeat(
    count,
    f32.store(get(to), f32.load(get(from))),
    advance(from, fromStride),
    advance(to, toStride),
  );
}
