import { describeError } from '@mmsr/core/errors';
import { MlflowError } from '../client/mlflow-error.js';

/** What arrives in this time goes out together. */
const GATHER_MS = 1000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60000;
/** How long the end of a run waits for a server that is known not to answer. */
const PATIENCE_MS = 5000;

export interface QueueOptions {
  /** Sends what there is; the last call sends everything. */
  readonly send: (isLast: boolean) => Promise<void>;
  /** Ends what is under way when it is time to leave the rest for later. */
  readonly stop: AbortController;
  /** How long the end of a run waits for a server that answers, in milliseconds. */
  readonly finishMs: number;
  readonly onMessage: (level: 'info' | 'warning', text: string) => void;
  /** Waits, or rejects when the signal comes; replaced by tests. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Sends one thing at a time, again and again where the server does not answer, until told to finish. */
export class SendQueue {
  #isNew = true;
  #isFinishing = false;
  #failures = 0;
  #wake = new AbortController();
  #deadline: NodeJS.Timeout | undefined;
  #deadlineAt = Infinity;

  constructor(private readonly options: QueueOptions) {}

  /** There is something new. Costs nothing. */
  poke(): void {
    if (this.#isNew) return;
    this.#isNew = true;
    this.#wake.abort();
  }

  /** Nothing new comes: sends what is left, within a bounded time. */
  finish(): void {
    this.#isFinishing = true;
    this.#limit(this.#failures > 0 ? PATIENCE_MS : this.options.finishMs);
    this.#wake.abort();
  }

  /** @returns whether everything was sent */
  async run(): Promise<boolean> {
    const { stop, send } = this.options;
    try {
      while (!stop.signal.aborted) {
        await this.#untilNew();
        const isLast = this.#isFinishing;
        this.#isNew = false;
        try {
          await send(isLast);
          this.#succeeded();
          if (isLast) return true;
        } catch (error) {
          this.#isNew = true;
          if (!this.#mayTryAgain(error)) return false;
          await this.#pause(pauseAfter(this.#failures, error));
        }
      }
      return false;
    } finally {
      clearTimeout(this.#deadline);
    }
  }

  async #untilNew(): Promise<void> {
    if (this.#isFinishing) return;
    if (!this.#isNew) await this.#pause(undefined);
    if (!this.#isFinishing && this.#failures === 0) await this.#pause(GATHER_MS);
  }

  /** Until the time is over, or there is something new where no time is given, or the end. */
  async #pause(ms: number | undefined): Promise<void> {
    const { stop, pause } = this.options;
    const isOver = () => stop.signal.aborted || (ms === undefined ? this.#isNew : false);
    if (isOver()) return;
    this.#wake = new AbortController();
    const wake = () => this.#wake.abort();
    stop.signal.addEventListener('abort', wake);
    try {
      if (ms === undefined) await aborted(this.#wake.signal);
      else await pause(ms, this.#isFinishing ? stop.signal : this.#wake.signal);
    } catch {
      // Woken.
    } finally {
      stop.signal.removeEventListener('abort', wake);
    }
  }

  #succeeded(): void {
    if (this.#failures > 0) this.options.onMessage('info', 'mlflow: the server answers again');
    this.#failures = 0;
  }

  #mayTryAgain(error: unknown): boolean {
    if (this.options.stop.signal.aborted) return false;
    const mayTry = error instanceof MlflowError && error.consequence === 'again';
    this.#failures++;
    if (!mayTry) {
      this.options.onMessage('warning', `mlflow: nothing more is sent: ${describeError(error)}`);
    } else if (this.#failures === 1) {
      const text = `mlflow: ${describeError(error)} The run goes on; what is missing is sent when it can be.`;
      this.options.onMessage('warning', text);
    }
    if (this.#isFinishing) this.#limit(PATIENCE_MS);
    return mayTry;
  }

  /** Leaves the rest for later after this time, or earlier where that was said before. */
  #limit(ms: number): void {
    const at = Date.now() + Math.min(ms, this.options.finishMs);
    if (at >= this.#deadlineAt) return;
    this.#deadlineAt = at;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.options.stop.abort(), at - Date.now());
  }
}

/** Doubles with each failure, spread out so that many runs do not come back at once. */
export function pauseAfter(failures: number, error: unknown): number {
  const asked = error instanceof MlflowError ? (error.retryAfterMs ?? 0) : 0;
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  return Math.min(Math.max(asked, longest * (0.5 + Math.random() / 2)), LONGEST_PAUSE_MS);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
