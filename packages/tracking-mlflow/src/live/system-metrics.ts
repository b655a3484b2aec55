import { execFile } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { readLines } from '../spool/lines.js';
import { systemFile, type SystemSample } from '../spool/run-sender.js';

const execute = promisify(execFile);
const BYTES_PER_MEGABYTE = 1e6;
const MEBIBYTE = 2 ** 20;
const GPU_TIMEOUT_MS = 5000;

/** Busy and all time of the processors since the machine began. */
interface ProcessorTimes {
  readonly busy: number;
  readonly total: number;
}

/** Appends what the machine does to a run's system.jsonl, under MLflow's own names, until stopped. */
export class SystemMetrics {
  #step = 0;
  #before = processorTimes();
  #hasGpu = true;
  #timer: NodeJS.Timeout | undefined;
  #isAtWork = false;

  constructor(
    private readonly directory: string,
    private readonly onSample: () => void,
  ) {}

  /** Goes on behind the samples of an earlier process. */
  async start(everyMs: number): Promise<void> {
    for await (const { end } of readLines(systemFile(this.directory), 0)) if (end > 0) this.#step++;
    this.#timer = setInterval(() => void this.#tick(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    // A sample that takes longer than the interval is not overtaken.
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    try {
      await this.sample();
      this.onSample();
    } catch {
      // A full disk stops the run itself, which says so.
    } finally {
      this.#isAtWork = false;
    }
  }

  async sample(): Promise<void> {
    const values = { ...this.#processors(), ...memory(), ...(await this.#gpus()) };
    const sample: SystemSample = { time: Date.now(), step: this.#step, values };
    await appendFile(systemFile(this.directory), `${JSON.stringify(sample)}\n`);
    this.#step++;
  }

  #processors(): Record<string, number> {
    const now = processorTimes();
    const total = now.total - this.#before.total;
    const busy = now.busy - this.#before.busy;
    this.#before = now;
    return total > 0 ? { 'system/cpu_utilization_percentage': (100 * busy) / total } : {};
  }

  async #gpus(): Promise<Record<string, number>> {
    if (!this.#hasGpu) return {};
    const fields = 'index,utilization.gpu,memory.used,memory.total,power.draw';
    const options = [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'];
    try {
      return readGpus((await execute('nvidia-smi', options, { timeout: GPU_TIMEOUT_MS })).stdout);
    } catch {
      // No NVIDIA GPU, or none that says anything: not asked again.
      this.#hasGpu = false;
      return {};
    }
  }
}

/** Reads the lines of nvidia-smi: index, utilization in %, memory used and in all in MiB, power in W. */
export function readGpus(text: string): Record<string, number> {
  const values: [string, number][] = [];
  for (const line of text.trim().split('\n')) {
    const [index, utilization, used, total, watts] = line.split(',').map(Number) as [
      number,
      ...(number | undefined)[],
    ];
    const name = `system/gpu_${index}_`;
    const megabytes = ((used ?? Number.NaN) * MEBIBYTE) / BYTES_PER_MEGABYTE;
    const share = (100 * (used ?? Number.NaN)) / (total ?? Number.NaN);
    values.push(
      [`${name}utilization_percentage`, utilization ?? Number.NaN],
      [`${name}memory_usage_megabytes`, megabytes],
      [`${name}memory_usage_percentage`, share],
      [`${name}power_usage_watts`, watts ?? Number.NaN],
    );
  }
  return Object.fromEntries(values.filter(([, value]) => Number.isFinite(value)));
}

function memory(): Record<string, number> {
  const used = totalmem() - freemem();
  return {
    'system/system_memory_usage_megabytes': used / BYTES_PER_MEGABYTE,
    'system/system_memory_usage_percentage': (100 * used) / totalmem(),
  };
}

function processorTimes(): ProcessorTimes {
  let [busy, total] = [0, 0];
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    busy += all - times.idle;
    total += all;
  }
  return { busy, total };
}
