import { tf } from '@mmsr/core';
import { Graph, type Attribute, type Output } from '../graph/graph.js';
import type { Binding, BindingAttribute } from '../native/binding.js';
import type { NodeBackend } from '../native/node-backend.js';
import { startBackend } from '../testing/start-backend.js';
import { attributeKinds } from './recorder.js';
import { SHAPE_RULES } from './shape-rules.js';

/*
 * Every shape rule of the recorder against the operation itself: what tfjs asks TensorFlow for is
 * computed, and the rule's answer compared.
 */

const random = (...shape: number[]) => tf.randomUniform(shape, 0.1, 0.9, 'float32', 7);
const images = (height = 5, width = 6, channels = 4) => random(2, height, width, channels);

type Code = () => unknown;

const UNARY: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  Abs: tf.abs, Neg: tf.neg, Sign: tf.sign, Exp: tf.exp, Expm1: tf.expm1, Log: tf.log,
  Log1p: tf.log1p, Sqrt: tf.sqrt, Rsqrt: tf.rsqrt, Square: tf.square, Reciprocal: tf.reciprocal,
  Relu: tf.relu, Relu6: tf.relu6, LeakyRelu: (x) => tf.leakyRelu(x, 0.1), Elu: tf.elu,
  Selu: tf.selu, Sigmoid: tf.sigmoid, Tanh: tf.tanh, Softplus: tf.softplus,
  Softmax: (x) => tf.softmax(x), Erf: tf.erf, Sin: tf.sin, Cos: tf.cos, Tan: tf.tan, Asin: tf.asin,
  Acos: tf.acos, Atan: tf.atan, Sinh: tf.sinh, Cosh: tf.cosh, Asinh: tf.asinh,
  Acosh: (x) => tf.acosh(tf.add(x, 1)), Atanh: tf.atanh, Floor: tf.floor, Ceil: tf.ceil,
  Round: tf.round, ZerosLike: tf.zerosLike, OnesLike: tf.onesLike, IsNan: tf.isNaN,
  IsInf: tf.isInf, IsFinite: tf.isFinite,
}; // prettier-ignore

const BINARY: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  Add: tf.add, Sub: tf.sub, Mul: tf.mul, RealDiv: tf.div, FloorDiv: tf.floorDiv,
 FloorMod: tf.mod, Maximum: tf.maximum, Minimum: tf.minimum, Pow: tf.pow,
  SquaredDifference: tf.squaredDifference, Atan2: tf.atan2, Equal: tf.equal, NotEqual: tf.notEqual,
  Less: tf.less, LessEqual: tf.lessEqual, Greater: tf.greater, GreaterEqual: tf.greaterEqual,
}; // prettier-ignore

const gradientOf = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) =>
  tf.grad((input: tf.Tensor) => tf.sum(f(input)))(x);
const EXPLICIT: tf.backend_util.ExplicitPadding = [[0, 0], [1, 2], [0, 1], [0, 0]]; // prettier-ignore
type Padding = 'same' | 'valid' | tf.backend_util.ExplicitPadding;
const convolve = (stride: number, padding: Padding, dilation = 1) => {
  const filter = random(3, 3, 4, 5) as tf.Tensor4D;
  const run = (x: tf.Tensor, w: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding, 'NHWC', dilation);
  return { run, filter };
};
const yes = () => tf.greater(random(2, 3), 0.5);

const CASES: Record<string, Code> = {
  LogicalAnd: () => tf.logicalAnd(yes(), yes()),
  LogicalOr: () => tf.logicalOr(yes(), yes()),
  LogicalNot: () => tf.logicalNot(yes()),
  Select: () => tf.where(yes(), random(2, 3), random(2, 3)),
  Cast: () => tf.cast(random(2, 3), 'int32'),
  AddN: () => tf.addN([random(2, 3), random(2, 3), random(2, 3)]),
  EluGrad: () => gradientOf(tf.elu, random(2, 3)),
  Sum: () => [tf.sum(random(2, 3, 4), [0, -1]), tf.sum(random(2, 3), 1, true)],
  Mean: () => [tf.mean(random(2, 3, 4), 1), tf.mean(random(2, 3))],
  Prod: () => tf.prod(random(2, 3), 0),
  Max: () => tf.max(random(2, 3), 1, true),
  Min: () => tf.min(random(2, 3), 0),
  All: () => tf.all(yes(), 1),
  Any: () => tf.any(yes(), 0, true),
  ArgMax: () => tf.argMax(random(2, 3), -1),
  ArgMin: () => tf.argMin(random(2, 3), 0),
  Reshape: () => tf.reshape(random(2, 3, 4), [-1, 6]),
  Transpose: () => tf.transpose(random(2, 3, 4), [2, 0, 1]),
  ExpandDims: () => [tf.expandDims(random(2, 3), -1), tf.expandDims(random(2, 3), 1)],
  Slice: () => tf.slice(random(4, 5), [1, 2], [2, -1]),
  ConcatV2: () => tf.concat([random(2, 3), random(2, 4)], -1),
  SplitV: () => tf.split(random(2, 7), [3, 4], 1),
  Pack: () => [tf.stack([random(2, 3), random(2, 3)], 1), tf.stack([random(2), random(2)], -1)],
  Unpack: () => tf.unstack(random(2, 3, 4), 1),
  Tile: () => tf.tile(random(2, 3), [2, 3]),
  PadV2: () => tf.pad(random(2, 3), [[1, 0], [2, 3]]), // prettier-ignore
  MirrorPad: () => tf.mirrorPad(random(4, 5), [[1, 0], [2, 3]], 'reflect'), // prettier-ignore
  ReverseV2: () => tf.reverse(random(2, 3), [1]),
  GatherV2: () => [
    tf.gather(random(4, 5), tf.tensor2d([[0, 3], [1, 1]], [2, 2], 'int32'), 1), // prettier-ignore
    tf.gather(random(2, 5), tf.tensor2d([[0], [1]], [2, 1], 'int32'), 1, 1),
  ],
  UnsortedSegmentSum: () =>
    tf.unsortedSegmentSum(random(4, 5), tf.tensor1d([0, 2, 1, 2], 'int32'), 3),
  Cumsum: () => tf.cumsum(random(2, 3), 1),
  OneHot: () => tf.oneHot(tf.tensor1d([0, 2], 'int32'), 3),
  Fill: () => tf.fill([2, 3], 4),
  Range: () => tf.range(0, 5, 2),
  DepthToSpace: () => tf.depthToSpace(random(2, 3, 4, 8) as tf.Tensor4D, 2, 'NHWC'),
  Conv2D: () =>
    ([[1, 'same'], [2, 'same'], [1, 'valid'], [2, 'valid'], [1, EXPLICIT]] as const).map(([s, p]) => {
      const { run, filter } = convolve(s, p);
      return run(images(), filter);
    }), // prettier-ignore
  Conv2DBackpropInput: () => {
    const { run, filter } = convolve(2, 'same');
    return gradientOf((x) => run(x, filter), images());
  },
  Conv2DBackpropFilter: () => {
    const { run, filter } = convolve(1, 'valid');
    return gradientOf((w) => run(images(), w), filter);
  },
  DepthwiseConv2dNative: () =>
    tf.depthwiseConv2d(images() as tf.Tensor4D, random(3, 3, 4, 2) as tf.Tensor4D, 1, 'same'),
  DepthwiseConv2dNativeBackpropInput: () =>
    gradientOf(
      (x) => tf.depthwiseConv2d(x as tf.Tensor4D, random(3, 3, 4, 2) as tf.Tensor4D, 1, 'same'),
      images(),
    ),
  DepthwiseConv2dNativeBackpropFilter: () =>
    gradientOf(
      (w) => tf.depthwiseConv2d(images() as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
      random(3, 3, 4, 2),
    ),
  MaxPool: () => tf.maxPool(images() as tf.Tensor4D, [2, 3], 2, 'same'),
  AvgPool: () => tf.avgPool(images() as tf.Tensor4D, [2, 3], [1, 2], 'valid'),
  MaxPoolGrad: () => gradientOf((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'same'), images()),
  AvgPoolGrad: () => gradientOf((x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'), images()),
  BatchMatMulV2: () => [
    tf.matMul(random(2, 3, 4), random(2, 5, 4), false, true),
    tf.matMul(random(4, 3), random(4, 5), true, false),
    tf.matMul(random(2, 1, 3, 4), random(5, 4, 6)),
  ],
  ResizeNearestNeighbor: () => tf.image.resizeNearestNeighbor(images() as tf.Tensor4D, [7, 9]),
  ResizeBilinear: () => tf.image.resizeBilinear(images() as tf.Tensor4D, [7, 9]),
  ...Object.fromEntries(
    Object.entries(UNARY).map(([name, f]) => [
      name,
      () => [f(random(2, 3)), f(random(2, 1, 4, 3))],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(BINARY).map(([name, f]) => [
      name,
      () => [
        f(random(2, 3, 1), random(3, 4)),
        f(random(3), tf.scalar(0.5)),
        f(tf.scalar(2), random(3)),
      ],
    ]),
  ),
};

/** No kernel of tfjs asks for them: they are used by the gradients of the recorder. */
const OF_GRADIENTS = ['ReluGrad', 'LeakyReluGrad', 'SigmoidGrad'];
/** Answered by tfjs without TensorFlow. */
const NEVER_ASKED = ['Identity'];

/** By operation, what its rule got wrong. */
const checked = new Map<string, string[]>();
let backend: NodeBackend;
let real: Binding;

beforeAll(async () => {
  backend = await startBackend();
  real = backend.binding;
  backend.binding = comparing(real);
});
afterAll(() => {
  backend.binding = real;
});

/** A binding that computes, and compares each answer with the rule's. */
function comparing(binding: Binding): Binding {
  const graph = new Graph();
  const outputs = new Map<number, Output>();
  const kinds = attributeKinds(binding);
  const compare = (
    name: string,
    attributes: readonly BindingAttribute[],
    inputs: readonly number[],
  ) =>
    SHAPE_RULES.get(name)?.({
      name,
      inputs: inputs.map((id) => outputs.get(id) as Output),
      attributes: new Map(
        attributes.map(({ name: key, type, value }) => {
          return [key, { kind: kinds.get(type), value } as Attribute];
        }),
      ),
    });
  const createTensor: Binding['createTensor'] = (shape, dtype, values) => {
    const id = binding.createTensor(shape, dtype, values);
    outputs.set(id, graph.constant(values, shape, dtype as Output['dtype']));
    return id;
  };
  const executeOp: Binding['executeOp'] = (name, attributes, inputs, count) => {
    const answers = binding.executeOp(name, attributes, inputs, count);
    const [given, right] = [compare(name, attributes, inputs), answers].map(shown);
    const differences = checked.get(name) ?? [];
    checked.set(name, given === right ? differences : [...differences, `${given} is ${right}`]);
    for (const { id, shape, dtype } of answers) {
      outputs.set(id, graph.one(name, [], { shape, dtype: dtype as Output['dtype'] }));
    }
    return answers;
  };
  return Object.create(binding, {
    createTensor: { value: createTensor },
    executeOp: { value: executeOp },
  }) as Binding;
}

function shown(signatures: readonly { shape: readonly number[]; dtype: number }[] | undefined) {
  return JSON.stringify(signatures?.map(({ shape, dtype }) => ({ shape, dtype })) ?? 'no rule');
}

test.each(Object.keys(CASES))('%s', (name) => {
  tf.tidy(() => {
    CASES[name]?.();
  });
  expect(checked.get(name)).toEqual([]);
});

test.each(OF_GRADIENTS)('%s', (name) => {
  const { TF_ATTR_TYPE, TF_FLOAT, TF_ATTR_FLOAT } = backend.binding;
  const attributes = [
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    ...(name === 'LeakyReluGrad' ? [{ name: 'alpha', type: TF_ATTR_FLOAT, value: 0.1 }] : []),
  ];
  tf.tidy(() => backend.executeSingleOutput(name, attributes, [images(), images()]));
  expect(checked.get(name)).toEqual([]);
});

test('BroadcastTo', () => {
  const { TF_ATTR_TYPE, TF_FLOAT, TF_INT32 } = backend.binding;
  const attributes = [
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: 'Tidx', type: TF_ATTR_TYPE, value: TF_INT32 },
  ];
  tf.tidy(() => {
    const shape = tf.tensor1d([2, 3, 4], 'int32');
    backend.executeSingleOutput('BroadcastTo', attributes, [random(2, 1, 4), shape]);
  });
  expect(checked.get('BroadcastTo')).toEqual([]);
});

test('every rule has been held against its operation', () => {
  const untested = [...SHAPE_RULES.keys()].filter((name) => !checked.has(name));
  expect(untested.sort()).toEqual(NEVER_ASKED);
});
