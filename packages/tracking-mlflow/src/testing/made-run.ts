import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FakeMlflow } from './fake-mlflow.js';

/** Milliseconds since 1970 of the first event. */
export const BEGAN = 1_700_000_000_000;

export interface MadeEvent {
  readonly type: string;
  readonly step: number;
  readonly [key: string]: unknown;
}

/** A study's folder with run directories as the trainer writes them. */
export class MadeStudy {
  private constructor(readonly folder: string) {}

  static async create(cellNames: readonly string[] = ['a', 'b']): Promise<MadeStudy> {
    const study = new MadeStudy(await mkdtemp(join(tmpdir(), 'mmsr-mlflow-')));
    await study.#json('study.json', {
      format: 1,
      name: 'made',
      description: 'Is it there?',
      compare: null,
      cellNames,
    });
    await study.#spool('study', '');
    return study;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** Makes a cell's run directory with what is there before the first step. */
  async begin(cell: string, experiment: object = {}): Promise<string> {
    await mkdir(this.path(cell, 'checkpoints'), { recursive: true });
    await this.#spool(cell, cell);
    await this.#json(join(cell, 'manifest.json'), manifestOf(cell, experiment));
    await this.record(cell, { type: 'state', state: 'started', step: 0 });
    return this.path(cell);
  }

  /** Appends an event; its time follows from its step. */
  async record(cell: string, event: MadeEvent): Promise<void> {
    const line = { time: BEGAN + event.step * 1000, ...event };
    await appendFile(this.path(cell, 'events.jsonl'), `${JSON.stringify(line)}\n`);
  }

  async steps(cell: string, from: number, to: number): Promise<void> {
    for (let step = from; step <= to; step++) {
      await this.record(cell, { type: 'metrics', step, values: { loss: 1 / step, rate: 0.1 } });
    }
  }

  /** A picture with its four panels, and the event that says so. */
  async picture(cell: string, name: string, key: string, step = 5): Promise<void> {
    await mkdir(this.path(cell, 'images', name), { recursive: true });
    for (const panel of ['lr', 'bicubic', 'sr', 'hr']) {
      await writeFile(this.path(cell, 'images', name, `${panel}.png`), `${name} ${panel}`);
    }
    await writeFile(this.path(cell, 'images', `${name}.png`), `${name} sheet`);
    await this.record(cell, { type: 'image', step, key, path: `images/${name}.png` });
  }

  /** The last checkpoint, results and, where asked for, the event that says so. */
  async end(cell: string, isSaid = true): Promise<void> {
    const steps = 5;
    await mkdir(this.path(cell, 'checkpoints', '5'), { recursive: true });
    for (const name of ['model', 'average', 'optimizer']) {
      await writeFile(this.path(cell, 'checkpoints', '5', `${name}.safetensors`), name);
    }
    const means = { psnrDb: 30, ssim: 0.9, bicubic: { psnrDb: 28 }, accuracy: null };
    await this.#json(join(cell, 'results.json'), {
      ...{ experiment: 'made', cell, seed: 1, scale: 2, steps },
      parameters: { total: 10, head: 0 },
      protocol: { weights: 'average' },
      summary: { all: means, '20': means },
      images: [{ id: 'a.png 20x', group: 'a', magnification: 20, bicubic: {} }],
      confusion: null,
    });
    if (isSaid) await this.record(cell, { type: 'state', state: 'done', step: steps });
  }

  async system(cell: string, samples: number): Promise<void> {
    for (let step = 0; step < samples; step++) {
      const values = { 'system/cpu_utilization_percentage': 50 };
      const line = JSON.stringify({ time: BEGAN + step, step, values });
      await appendFile(this.path(cell, '.mlflow', 'system.jsonl'), `${line}\n`);
    }
  }

  /** A whole run, killed at step 4 after a checkpoint of step 2. */
  async whole(cell: string): Promise<string> {
    const directory = await this.begin(cell);
    await this.steps(cell, 1, 4);
    await this.record(cell, { type: 'state', state: 'resumed', step: 2 });
    await this.steps(cell, 3, 5);
    await this.record(cell, { type: 'warning', step: 5, message: 'a slide is small' });
    await this.picture(cell, '20x-1', 'test/slide 20x');
    await this.end(cell);
    await this.system(cell, 3);
    return directory;
  }

  /** An id that is always the same, so that two sent runs can be compared. */
  async #spool(id: string, cell: string): Promise<void> {
    await mkdir(this.path(cell, '.mlflow'), { recursive: true });
    const entry = JSON.stringify({ entry: 'id', id: `id-${id}` });
    await writeFile(this.path(cell, '.mlflow', 'ledger.jsonl'), `${entry}\n{"entry":"close"}\n`);
  }

  #json(path: string, content: object): Promise<void> {
    return writeFile(this.path(path), JSON.stringify(content));
  }
}

function manifestOf(cell: string, experiment: object) {
  const image = { id: 'a.png', digest: 'abc' };
  return {
    format: 1,
    created: new Date(BEGAN).toISOString(),
    cell,
    versions: {},
    plugins: [],
    device: { engine: 'wasm', version: '1', device: 'cpu', threads: 2 },
    git: { commit: 'c0ffee', dirty: false },
    data: {
      train: { images: [image], samples: {} },
      test: { images: [image], samples: { 20: 4 } },
    },
    experiment: {
      name: 'made',
      description: 'Is it there?',
      seed: 1,
      engine: { name: 'wasm' },
      data: { train: { source: { name: 'images' } }, test: { source: { name: 'images' } } },
      model: { backbone: { name: 'edsr', blocks: 2 }, head: null },
      tracking: { name: 'mlflow', uri: 'http://somewhere' },
      ...experiment,
    },
  };
}

/** What a server shows of its runs, by name, without ids that differ from server to server. */
export function shown(server: FakeMlflow): object {
  const active = [...server.runs.values()].filter(({ info }) => info.lifecycle_stage === 'active');
  const names = new Map(active.map(({ info }) => [String(info.run_id), String(info.run_name)]));
  const named = (text: string) => {
    let rest = text;
    for (const [id, name] of names) rest = rest.replaceAll(id, `<${name}>`);
    return rest.replaceAll(/m-\d+/g, '<model>');
  };
  const runs = active.map((run) => ({
    name: run.info.run_name,
    start: run.info.start_time,
    end: run.info.end_time,
    status: run.info.status,
    tags: [...run.tags].map(([key, value]) => [key, named(value)]).sort(),
    params: [...run.params].sort(),
    metrics: run.metrics.map((point) => JSON.stringify(point)).sort(),
    datasets: new Set(run.datasets.map((dataset) => JSON.stringify(dataset))).size,
    outputs: run.outputs.map(({ step }) => step),
  }));
  const files = [...server.artifacts]
    .filter(
      ([path]) => [...names.keys()].some((id) => path.includes(id)) || isOfModel(server, path),
    )
    .map(([path, bytes]) => [named(path), named(bytes.toString())]);
  const models = [...server.models.values()].map(({ name, status }) => [name, status]);
  const byName = (a: { name: unknown }, b: { name: unknown }) =>
    String(a.name).localeCompare(String(b.name));
  return { runs: runs.sort(byName), files: files.sort(), models };
}

function isOfModel(server: FakeMlflow, path: string): boolean {
  return [...server.models.keys()].some((id) => path.includes(`/${id}/`));
}
