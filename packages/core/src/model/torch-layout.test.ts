import { MmsrError } from '../errors.js';
import { zeros } from './initializers.js';
import { ParameterScope } from './parameter-scope.js';
import { fromTorchLayout, importTorch, toTorchLayout, torchShape } from './torch-layout.js';

const count = (n: number) => Float32Array.from({ length: n }, (_, i) => i);

describe('torch layout', () => {
  test('a convolution [kh, kw, in, out] is [out, in, kh, kw] in PyTorch', () => {
    const [kh, kw, inputs, outputs] = [2, 3, 4, 5];
    const values = count(120);
    const { shape, data } = toTorchLayout(values, [kh, kw, inputs, outputs], 'conv2d');
    expect(shape).toEqual([5, 4, 2, 3]);
    for (const [y, x, i, o] of [
      [0, 0, 0, 0],
      [1, 0, 2, 3],
      [0, 2, 3, 1],
      [1, 2, 3, 4],
    ] as const) {
      const torchIndex = ((o * inputs + i) * kh + y) * kw + x;
      const tfjsIndex = ((y * kw + x) * inputs + i) * outputs + o;
      expect(data[torchIndex]).toBe(values[tfjsIndex]);
    }
  });

  test('a linear layer [in, out] is [out, in] in PyTorch', () => {
    const { shape, data } = toTorchLayout(count(6), [2, 3], 'linear');
    expect(shape).toEqual([3, 2]);
    expect([...data]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test.each([
    ['conv2d', [3, 2, 4, 5]],
    ['linear', [7, 3]],
    ['plain', [5, 2]],
  ] as const)('%s there and back is the same', (layout, shape) => {
    const values = count(shape.reduce((a, b) => a * b, 1));
    expect(fromTorchLayout(toTorchLayout(values, shape, layout), shape, layout)).toEqual(values);
  });

  test('a tensor of another shape is an error', () => {
    const tensor = { shape: [3, 2], data: count(6) };
    expect(() => fromTorchLayout(tensor, [3, 2], 'linear')).toThrow('[3, 2] where [2, 3] is due');
  });
});

describe('importTorch', () => {
  const scope = ParameterScope.root(0);
  scope.parameter('proj.weight', [2, 3], zeros, { layout: 'linear' });
  scope.parameter('proj.bias', [3], zeros);
  const weight = { shape: [3, 2], data: count(6) };
  const bias = { shape: [3], data: count(3) };

  test('gives values in tfjs layout and passes over buffers', () => {
    const values = importTorch(
      scope.all,
      new Map([
        ['proj.weight', weight],
        ['proj.bias', bias],
        ['layers.0.attn_mask', { shape: [1], data: count(1) }],
      ]),
    );
    expect([...values.keys()]).toEqual(['proj.weight', 'proj.bias']);
    expect([...(values.get('proj.weight') as Float32Array)]).toEqual([0, 2, 4, 1, 3, 5]);
    expect(torchShape([2, 3], 'linear')).toEqual([3, 2]);
  });

  test('names all that is missing, unknown and of another shape at once', () => {
    const tensors = new Map([
      ['proj.weight', { shape: [2, 3], data: count(6) }],
      ['proj.scale', bias],
    ]);
    let error: unknown;
    try {
      importTorch(scope.all, tensors, 'weights.safetensors');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MmsrError);
    const text = (error as MmsrError).describe();
    expect(text).toContain('1 unknown to the model (proj.scale)');
    expect(text).toContain('1 missing (proj.bias)');
    expect(text).toContain('proj.weight is 2 x 3, not 3 x 2');
    expect(text).toContain('weights.safetensors');
    expect(text).toContain('E_CHECKPOINT');
  });
});
