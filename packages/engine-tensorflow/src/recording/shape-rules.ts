import { CONTRACTION_RULES } from './contraction-rules.js';
import { ELEMENTWISE_RULES } from './elementwise-rules.js';
import { LAYOUT_RULES } from './layout-rules.js';
import type { ShapeRule } from './shape-rule.js';

/** By TensorFlow's name of the operation. Each is held against the real operation in the tests. */
export const SHAPE_RULES: ReadonlyMap<string, ShapeRule> = new Map([
  ...ELEMENTWISE_RULES,
  ...LAYOUT_RULES,
  ...CONTRACTION_RULES,
]);
