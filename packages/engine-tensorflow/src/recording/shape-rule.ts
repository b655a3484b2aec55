import type { DataType } from '../graph/data-types.js';
import {
  constantElements,
  type Attributes,
  type AttributeValues,
  type Output,
  type Shape,
} from '../graph/graph.js';

/** An operation as tfjs-node's kernels ask for it. */
export interface Operation {
  readonly name: string;
  readonly inputs: readonly Output[];
  readonly attributes: Attributes;
}

export interface Signature {
  readonly shape: Shape;
  readonly dtype: DataType;
}

/** Gives shapes and types of the outputs from what goes in, as TensorFlow's shape functions do. */
export type ShapeRule = (operation: Operation) => Signature[];

/** What a rule cannot know without computing; the recorder makes an error of it that names the layer. */
export class NotRecordable extends Error {}

export function input({ inputs, name }: Operation, index: number): Output {
  const found = inputs[index];
  if (found === undefined) throw new NotRecordable(`${name} has no input ${index}`);
  return found;
}

export function shapeOf(operation: Operation, index = 0): Shape {
  return input(operation, index).shape;
}

/** The values of an input that must be a constant, such as a shape. */
export function constant(operation: Operation, index: number): number[] {
  const values = constantElements(input(operation, index));
  if (values === undefined) {
    throw new NotRecordable(`input ${index} of ${operation.name} is computed, not a constant`);
  }
  return [...values];
}

export function attribute<Kind extends keyof AttributeValues>(
  { attributes, name }: Operation,
  key: string,
  kind: Kind,
): AttributeValues[Kind] {
  const found = attributes.get(key);
  if (found?.kind !== kind) throw new NotRecordable(`${name} has no attribute "${key}"`);
  return found.value as AttributeValues[Kind];
}

/** Counts an axis from the front. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
