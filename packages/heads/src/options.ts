import { Type } from '@mmsr/core';

/** Dropout of the pooled features. */
export const Dropout = Type.Number({
  minimum: 0,
  exclusiveMaximum: 1,
  default: 0,
  description: 'Dropout of the pooled features.',
});
