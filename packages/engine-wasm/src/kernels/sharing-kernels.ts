import type { KernelFactory } from './kernel.js';
import type { Runtime, TensorInfo } from './runtime.js';

/** Another name for the same values: kernels never write to their inputs. */
function share(runtime: Runtime, { dataId, shape, dtype }: TensorInfo): TensorInfo {
  runtime.backend.incRef(dataId);
  return { dataId, shape, dtype };
}

/** tfjs's copies. */
export const identity: KernelFactory = (runtime) => (call) =>
  share(runtime, call.inputs.x as TensorInfo);

/** To the type it has: shares. Truth values to floats: a loop; TypedArray.set takes ten times as long. */
export const cast: KernelFactory = (runtime, other) => (call) => {
  const { x } = call.inputs as { x: TensorInfo };
  const { dtype } = call.attrs as unknown as { dtype: string };
  if (dtype === x.dtype) return share(runtime, x);
  if (dtype !== 'float32' || (x.dtype !== 'bool' && x.dtype !== 'int32')) return other(call);
  const output = runtime.output(x.shape);
  const from = runtime.backend.typedArrayFromHeap(x);
  const to = runtime.backend.typedArrayFromHeap(output);
  for (let i = 0; i < from.length; i++) to[i] = from[i] as number;
  return output;
};
