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

const NUMERIC = ['float32', 'int32', 'bool'];

/** To the type it has: shares. Others: a loop; tfjs's TypedArray.set takes ten times as long. */
export const cast: KernelFactory = (runtime, other) => (call) => {
  const { x } = call.inputs as { x: TensorInfo };
  const { dtype } = call.attrs as unknown as { dtype: TensorInfo['dtype'] };
  if (dtype === x.dtype) return share(runtime, x);
  if (!NUMERIC.includes(dtype) || !NUMERIC.includes(x.dtype)) return other(call);
  const output = runtime.backend.makeOutput(x.shape, dtype);
  const from = runtime.backend.typedArrayFromHeap(x);
  const to = runtime.backend.typedArrayFromHeap(output);
  if (dtype === 'bool') for (let i = 0; i < from.length; i++) to[i] = Number(from[i] !== 0);
  else for (let i = 0; i < from.length; i++) to[i] = from[i] as number;
  return output;
};
