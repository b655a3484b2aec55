import { MmsrError } from '@mmsr/core/errors';

/**
 * What a failed request means for what comes after it.
 *
 * - `again`: the server is absent, slow or failing; the same request may succeed later, and may have
 *   been carried out already
 * - `halt`: nothing can be sent to this server as things are, such as with wrong credentials
 * - `skip`: this request can never succeed, others can
 */
export type Consequence = 'again' | 'halt' | 'skip';

export interface MlflowFailure {
  readonly consequence: Consequence;
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** MLflow's own code, such as RESOURCE_DOES_NOT_EXIST. */
  readonly errorCode?: string;
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly where?: string;
  readonly advice?: string;
}

/** A request to MLflow that failed, or that was not sent because the server would swallow it. */
export class MlflowError extends MmsrError {
  readonly consequence: Consequence;
  readonly status: number | undefined;
  readonly errorCode: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, failure: MlflowFailure) {
    super('E_TRACKING', message, { where: failure.where, advice: failure.advice });
    this.name = 'MlflowError';
    this.consequence = failure.consequence;
    this.status = failure.status;
    this.errorCode = failure.errorCode;
    this.retryAfterMs = failure.retryAfterMs;
  }
}
