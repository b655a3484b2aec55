/**
 * Every error a user can meet, by code: what it means. docs/errors.md is this table, and a test holds
 * the two together.
 */
export const ERROR_CODES = {
  E_ALREADY_REGISTERED: 'Two plugins of one kind have the same name.',
  E_API_VERSION: 'A plugin was written for another version of the plugin contract.',
  E_BACKBONE: 'A backbone has options that do not fit together, or breaks its contract.',
  E_CHECKPOINT: 'A checkpoint is incomplete, damaged or of another model.',
  E_COMMAND_LINE: 'An argument or option of the command line is wrong.',
  E_DATA: 'Images, magnifications or regions do not fit what the experiment asks for.',
  E_ENGINE: 'No engine can run here, or the engine failed.',
  E_ENVIRONMENT: 'An environment variable named in the experiment is not set.',
  E_EXPERIMENT: 'The experiment file has wrong, unknown or missing keys.',
  E_FILE: 'A file is missing, unreadable or cannot be written.',
  E_IMAGE: 'An image cannot be decoded or has no RGB pixels.',
  E_INSTALL: 'A native part cannot be installed or removed.',
  E_NON_FINITE: 'A loss or a gradient became NaN or infinite.',
  E_OUT_OF_MEMORY: 'Memory ran out, or is less than a run takes.',
  E_PLUGIN: 'A plugin cannot be loaded, or its module does not export a valid plugin.',
  E_RUN_DIRECTORY: 'A run directory is unusable or belongs to another experiment.',
  E_RUN_LOCKED: 'Another process works in the run directory, or took it over.',
  E_SAFETENSORS: 'A safetensors file is malformed.',
  E_TRACKING: 'A tracking server refuses what is sent, or cannot be reached.',
  E_UNKNOWN_PLUGIN: 'The experiment names a plugin that is not installed.',
  E_YAML: 'The file is not valid YAML.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** Where the fault is: file:line:column for YAML, otherwise a file, folder, tensor or package. */
  readonly where?: string | undefined;
  /** What to do about it, one sentence. */
  readonly advice?: string | undefined;
  readonly cause?: unknown;
}

/** An error with a stable code, the place it concerns and what to do. */
export class MmsrError extends Error {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly advice: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'MmsrError';
    this.code = code;
    this.where = details.where;
    this.advice = details.advice;
  }

  /** The error as shown to the user: `where: message. advice [code]`. */
  describe(): string {
    const place = this.where === undefined ? '' : `${this.where}: `;
    const stop = /[.?!:]$/.test(this.message) ? '' : '.';
    const advice = this.advice === undefined ? '' : `${stop} ${this.advice}`;
    return `${place}${this.message}${advice} [${this.code}]`;
  }
}

/** What is wrong with the input, all of it at once: ends the command with exit code 2, nothing written. */
export class InputError extends Error {
  readonly problems: readonly MmsrError[];

  constructor(problems: readonly MmsrError[]) {
    super(problems.map((problem) => problem.describe()).join('\n'));
    this.name = 'InputError';
    this.problems = problems;
  }
}

/** Anything that was thrown, as shown to the user: with its place, advice and code where it has them. */
export function describeError(error: unknown): string {
  return error instanceof MmsrError ? error.describe() : messageOf(error);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
