import { MlflowError } from './mlflow-error.js';

/*
 * The server answers 200 to much that it cannot read, and drops it: a NaN, a step that is not whole, a
 * number as the value of a parameter. So every value is checked here before it is sent.
 */

export interface MetricPoint {
  readonly key: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly step: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export const RUN_STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Limits of one log-batch request. */
export const MOST_METRICS = 1000;
export const MOST_PARAMS = 100;
export const MOST_TAGS = 100;
export const MOST_IN_ALL = 1000;
/** Longer values are cut by the server without a word. */
export const LONGEST_PARAM = 6000;
export const LONGEST_TAG = 8000;
export const LONGEST_KEY = 250;
/** Of a run. */
export const LONGEST_NAME = 250;

const KEY = /^[A-Za-z0-9_\-. :/]+$/;

/** A metric as JSON has it: what is not finite is spelled as protobuf's JSON does. */
export function wireMetric({ key, value, timestamp, step }: MetricPoint) {
  requireKey(key);
  requireWhole(`timestamp of ${key}`, timestamp);
  if (!Number.isSafeInteger(step)) throw invalid(`step of ${key}`, 'a whole number', step);
  if (typeof value !== 'number') throw invalid(key, 'a number', value);
  return { key, value: Number.isFinite(value) ? value : String(value), timestamp, step };
}

export function wireParam({ key, value }: KeyValue): KeyValue {
  requireKey(key);
  return { key, value: requireText(key, value, LONGEST_PARAM) };
}

export function wireTag({ key, value }: KeyValue): KeyValue {
  requireKey(key);
  return { key, value: requireText(key, value, LONGEST_TAG) };
}

export function requireStatus(status: RunStatus): RunStatus {
  if (RUN_STATUSES.includes(status)) return status;
  throw invalid('status', RUN_STATUSES.join(', '), status);
}

export function requireWhole(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(name, 'whole milliseconds', value);
}

/** @throws MlflowError when it is no text, too long, or holds what databases refuse */
export function requireText(name: string, value: string, longest: number): string {
  if (typeof value !== 'string') throw invalid(name, 'text', value);
  if (value.length > longest) {
    throw invalid(name, `at most ${longest} characters`, `${value.length}`);
  }
  if (value !== storableText(value)) throw invalid(name, 'text without NUL or half characters', '');
  return value;
}

/** Text that every database behind a server can hold. */
export function storableText(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', '\uFFFD');
}

/** A key is also a path of the server's: it must be its own normal form. */
export function isKey(key: string): boolean {
  return key.length <= LONGEST_KEY && KEY.test(key) && isPlainPath(key);
}

/** Whether no segment is empty, `.` or `..`. */
export function isPlainPath(path: string): boolean {
  return path.split('/').every((segment) => !['', '.', '..'].includes(segment));
}

function requireKey(key: string): void {
  if (isKey(key)) return;
  throw invalid('key', `1 to ${LONGEST_KEY} of A-Z a-z 0-9 _ - . space : /, no ".."`, key);
}

function invalid(name: string, expected: string, found: unknown): MlflowError {
  const shown = JSON.stringify(found)?.slice(0, 100) ?? 'nothing';
  return new MlflowError(`${name}: expected ${expected}; found ${shown}`, { consequence: 'skip' });
}
