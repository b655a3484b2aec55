import { BOOL, type DataType } from '../graph/data-types.js';
import type { Shape } from '../graph/graph.js';
import { attribute, input, shapeOf, NotRecordable, type ShapeRule } from './shape-rule.js';

const like =
  (index: number): ShapeRule =>
  (operation) => {
    const { shape, dtype } = input(operation, index);
    return [{ shape, dtype }];
  };

const asBool: ShapeRule = (operation) => [{ shape: shapeOf(operation), dtype: BOOL }];

/** The shape of two operands that are broadcast to each other. */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new NotRecordable(`[${a.join(', ')}] and [${b.join(', ')}] cannot be broadcast`);
    }
    return left === 1 ? right : left;
  });
}

const broadcast =
  (dtype?: DataType): ShapeRule =>
  (operation) => [
    {
      shape: broadcastShape(shapeOf(operation, 0), shapeOf(operation, 1)),
      dtype: dtype ?? input(operation, 0).dtype,
    },
  ];

const cast: ShapeRule = (operation) => [
  { shape: shapeOf(operation), dtype: attribute(operation, 'DstT', 'type') as DataType },
];

/** Of one operand, in its shape and type. */
const UNARY =
  'Abs Neg Sign Exp Expm1 Log Log1p Sqrt Rsqrt Square Reciprocal Relu Relu6 LeakyRelu Elu Selu ' +
  'Sigmoid Tanh Softplus Softmax Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh ' +
  'Floor Ceil Round Identity ZerosLike OnesLike';

/** Of two operands, broadcast to each other. */
const BINARY =
  'Add Sub Mul RealDiv FloorDiv FloorMod Maximum Minimum Pow ' + 'SquaredDifference Atan2';

const COMPARISONS = 'Equal NotEqual Less LessEqual Greater GreaterEqual LogicalAnd LogicalOr';

const each = (names: string, rule: ShapeRule): [string, ShapeRule][] =>
  names.split(' ').map((name) => [name, rule]);

export const ELEMENTWISE_RULES: readonly (readonly [string, ShapeRule])[] = [
  ...each(UNARY, like(0)),
  ...each(BINARY, broadcast()),
  ...each(COMPARISONS, broadcast(BOOL)),
  ...each('IsNan IsInf IsFinite LogicalNot', asBool),
  ...each('ReluGrad LeakyReluGrad EluGrad SigmoidGrad', like(0)),
  ['Select', like(1)],
  ['Cast', cast],
  ['AddN', like(0)],
];

/** Operations in which an operand may be given smaller, since it is broadcast. */
export const BROADCASTING: ReadonlySet<string> = new Set([
  ...BINARY.split(' '),
  ...COMPARISONS.split(' '),
]);
