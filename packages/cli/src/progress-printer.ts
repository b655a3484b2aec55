import type { Progress } from '@mmsr/core';

const QUIET_MS = 10_000;

/** What of a terminal or pipe is used. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Shows progress: on a terminal one line that is rewritten, otherwise a line now and then.
 * @param now milliseconds, for tests
 */
export class ProgressPrinter {
  #lastMs = -Infinity;
  #openLine = false;

  constructor(
    private readonly output: ProgressOutput,
    private readonly now: () => number = () => performance.now(),
  ) {}

  show(cell: string, progress: Progress): void {
    switch (progress.phase) {
      case 'message': {
        const prefix = progress.level === 'warning' ? 'warning: ' : '';
        return this.line(`${cell}: ${prefix}${progress.text}`);
      }
      case 'validated':
        return this.line(`${cell}: ${validated(progress)}`);
      case 'train':
        return this.#passing(`${cell}: ${training(progress)}`, progress.step === progress.steps);
      case 'evaluate':
        return this.#passing(
          `${cell}: test image ${progress.image} of ${progress.images}`,
          progress.image === progress.images,
        );
    }
  }

  /** A line that stays. */
  line(text: string): void {
    this.output.write(this.#openLine ? `\r\x1b[K${text}\n` : `${text}\n`);
    this.#openLine = false;
  }

  #passing(text: string, last: boolean): void {
    if (this.output.isTTY === true) {
      const width = (this.output.columns ?? 80) - 1;
      this.output.write(`\r\x1b[K${text.slice(0, width)}${last ? '\n' : ''}`);
      this.#openLine = !last;
    } else if (last || this.now() - this.#lastMs >= QUIET_MS) {
      this.#lastMs = this.now();
      this.line(text);
    }
  }
}

function training({
  step,
  steps,
  losses,
  patchesPerSecond,
  secondsLeft,
  waiting,
}: Progress & { phase: 'train' }) {
  const shown = ['superResolution', 'magnification']
    .filter((name) => name in losses)
    .map((name) => `${name} ${(losses[name] as number).toFixed(4)}`);
  const wait = waiting < 0.02 ? '' : `, waiting for data ${(100 * waiting).toFixed(0)} %`;
  const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`;
  return `step ${step}/${steps}, ${shown.join(', ')}, ${patchesPerSecond.toFixed(1)} patches/s${wait}${left}`;
}

function validated({ step, metrics, bicubic, accuracy }: Progress & { phase: 'validated' }) {
  const parts = [
    metrics.psnrDb === undefined
      ? undefined
      : `PSNR ${metrics.psnrDb.toFixed(2)} dB (bicubic ${bicubic.psnrDb?.toFixed(2)})`,
    metrics.ssim === undefined
      ? undefined
      : `SSIM ${metrics.ssim.toFixed(4)} (bicubic ${bicubic.ssim?.toFixed(4)})`,
    accuracy === null ? undefined : `magnification accuracy ${(100 * accuracy).toFixed(1)} %`,
  ];
  return `validation at step ${step}: ${parts.filter((part) => part !== undefined).join(', ')}`;
}

/** Such as `1 h 05 min`, `2 min 07 s`, `12 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return minutes > 0 ? `${minutes} min ${two(whole % 60)} s` : `${whole} s`;
}
