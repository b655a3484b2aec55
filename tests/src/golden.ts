import { readFileSync } from 'node:fs';
import { readSafetensors, type SafeTensor } from '@mmsr/core';

/** What a reference implementation computes, in PyTorch layout; see tests/golden/README.md. */
export interface Golden {
  readonly weights: ReadonlyMap<string, SafeTensor>;
  readonly input: SafeTensor;
  readonly output: SafeTensor;
  readonly target: SafeTensor;
  readonly gradients: ReadonlyMap<string, SafeTensor>;
}

/**
 * @param model such as `rcan_x2`
 * @param size which inputs, where there are several: such as `20x24`
 */
export function readGolden(model: string, size?: string): Golden {
  const name = size === undefined ? model : `${model}.${size}`;
  const images = read(`${name}.io`);
  const image = (key: string) => images.get(key) as SafeTensor;
  return {
    weights: read(model),
    input: image('input'),
    output: image('output'),
    target: image('target'),
    gradients: read(`${name}.grad`),
  };
}

function read(name: string): ReadonlyMap<string, SafeTensor> {
  const file = new URL(`../golden/${name}.safetensors`, import.meta.url);
  return readSafetensors(readFileSync(file), name).tensors;
}
