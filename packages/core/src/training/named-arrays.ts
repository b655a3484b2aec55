import type { NamedArrays } from '../contracts/train-step.js';
import { MmsrError } from '../errors.js';
import type { Inference } from '../contracts/engine.js';
import type { Parameter, ParameterScope } from '../model/parameter-scope.js';

/** A copy of every array. */
export function copyArrays(arrays: NamedArrays): Map<string, Float32Array> {
  return new Map([...arrays].map(([name, values]) => [name, Float32Array.from(values)]));
}

/** The initial value of each parameter, copied. */
export function initialArrays(parameters: readonly Parameter[]): Map<string, Float32Array> {
  return new Map(parameters.map(({ name, initial }) => [name, Float32Array.from(initial)]));
}

export function zeroArrays(parameters: readonly Parameter[]): Map<string, Float32Array> {
  return new Map(parameters.map(({ name, size }) => [name, new Float32Array(size)]));
}

/**
 * Checks that the arrays are exactly those of the parameters: same names, same sizes.
 * @param what such as `weights`, for the message
 * @throws MmsrError E_CHECKPOINT naming what is missing, unknown and of another size
 */
export function assertMatch(
  parameters: readonly Parameter[],
  arrays: NamedArrays,
  what: string,
): void {
  const missing = parameters.filter(({ name }) => !arrays.has(name)).map(({ name }) => name);
  const known = new Set(parameters.map(({ name }) => name));
  const unknown = [...arrays.keys()].filter((name) => !known.has(name));
  const misshapen = parameters
    .filter(({ name, size }) => arrays.has(name) && arrays.get(name)?.length !== size)
    .map(({ name, shape }) => `${name} [${shape.join(', ')}]`);
  const faults = [
    ...list('missing', missing),
    ...list('unknown', unknown),
    ...list('of another size', misshapen),
  ];
  if (faults.length > 0) {
    throw new MmsrError('E_CHECKPOINT', `the ${what} do not fit the model: ${faults.join('; ')}`, {
      advice: 'Use the experiment file that made them.',
    });
  }
}

function list(fault: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 5).join(', ');
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return [`${names.length} ${fault} (${shown}${more})`];
}

/** Loads those of the arrays that the inference has parameters for; the objective's are not among them. */
export async function loadInto(
  inference: Inference,
  parameters: ParameterScope,
  arrays: NamedArrays,
): Promise<void> {
  const names = new Set(parameters.all.map(({ name }) => name));
  await inference.load(new Map([...arrays].filter(([name]) => names.has(name))));
}
