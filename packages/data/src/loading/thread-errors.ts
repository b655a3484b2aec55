import { type ErrorCode, InputError, MmsrError } from '@mmsr/core';

/** An error as it travels between threads, which keeps no classes. */
export interface PackedError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Of an MmsrError. */
  readonly code?: ErrorCode;
  readonly where?: string | undefined;
  readonly advice?: string | undefined;
  /** Of an InputError. */
  readonly problems?: readonly PackedError[];
}

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined };
  const { message, stack } = error;
  if (error instanceof InputError) {
    return { message, stack, problems: error.problems.map(packError) };
  }
  if (!(error instanceof MmsrError)) return { message, stack };
  const { code, where, advice } = error;
  return { message, stack, code, where, advice };
}

export function unpackError(packed: PackedError): Error {
  const error = withClass(packed);
  // Where it was thrown in the other thread says more than where it was unpacked.
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}

function withClass({ message, code, where, advice, problems }: PackedError): Error {
  if (problems !== undefined) return new InputError(problems.map(unpackError) as MmsrError[]);
  return code === undefined ? new Error(message) : new MmsrError(code, message, { where, advice });
}
