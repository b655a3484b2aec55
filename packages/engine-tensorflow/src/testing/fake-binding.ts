import type { Binding, TensorValues } from '../native/binding.js';

/** The numbers of the real binding, tensors that are counted, and answers that a test gives. */
export function fakeBinding(
  changes: Partial<Binding> = {},
): Binding & { readonly held: Set<number> } {
  const held = new Set<number>();
  let next = 1;
  const keep = () => {
    held.add(next);
    return next++;
  };
  return {
    TF_FLOAT: 1,
    TF_INT32: 3,
    TF_BOOL: 10,
    TF_ATTR_STRING: 0,
    TF_ATTR_INT: 1,
    TF_ATTR_FLOAT: 2,
    TF_ATTR_BOOL: 3,
    TF_ATTR_TYPE: 4,
    TF_ATTR_SHAPE: 5,
    TF_Version: '0.0.0',
    held,
    createTensor: keep,
    deleteTensor: (id) => {
      held.delete(id);
    },
    tensorDataSync: (): TensorValues => Float32Array.of(1, 2),
    executeOp: () => [],
    isUsingGpuDevice: () => false,
    loadSavedModel: () => 7,
    deleteSavedModel: () => undefined,
    runSavedModel: () => [{ id: keep(), shape: [2], dtype: 1 }],
    ...changes,
  };
}
