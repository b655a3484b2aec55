import type { Simd } from '../simd/program.js';
import type { Piece } from '../threads/control.js';

/** Work that is cut into independent pieces; its parameters are integers, most of them addresses. */
export interface Task<Name extends string = string> {
  readonly names: readonly Name[];
  /** @param thread number of the thread that runs it, for memory of its own */
  prepare(simd: Simd, parameters: Readonly<Record<Name, number>>, thread: number): Piece;
}

/** The numbers that a task gets, as it names them. */
export type ParametersOf<T> = T extends Task<infer Name> ? Readonly<Record<Name, number>> : never;

export function defineTask<Name extends string>(
  names: readonly Name[],
  prepare: Task<Name>['prepare'],
): Task<Name> {
  return { names, prepare };
}
