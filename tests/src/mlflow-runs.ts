import type { Ended } from './command-line.js';
import type { MlflowServer } from './mlflow-server.js';

export interface Pair {
  readonly key: string;
  readonly value: string;
}

export interface Point {
  readonly key: string;
  readonly value: number | string;
  readonly step: number;
  readonly timestamp: number;
}

/** A run as the server's REST API shows it. */
export interface ShownRun {
  readonly info: Record<string, string> & {
    readonly start_time: number;
    readonly end_time: number;
  };
  readonly data: { readonly metrics?: Point[]; readonly params?: Pair[]; readonly tags: Pair[] };
  readonly inputs?: { readonly dataset_inputs?: { readonly tags: Pair[] }[] };
  readonly outputs?: { readonly model_outputs?: { readonly model_id: string; step: number }[] };
}

/** @throws Error with what it said when a command did not end with 0 */
export async function succeeded(command: Promise<Ended>): Promise<Ended> {
  const ended = await command;
  if (ended.code !== 0) throw new Error(`ended with ${ended.code}:\n${ended.stderr}`);
  return ended;
}

/** Active runs of an experiment by name; fails where two have one name. */
export async function runsOf(server: MlflowServer, name: string): Promise<Map<string, ShownRun>> {
  const { experiment: found } = await server.get<{ experiment: { experiment_id: string } }>(
    'experiments/get-by-name',
    { experiment_name: name },
  );
  const { runs = [] } = await server.post<{ runs?: ShownRun[] }>('runs/search', {
    experiment_ids: [found.experiment_id],
  });
  const byName = new Map(runs.map((run) => [String(run.info.run_name), run]));
  expect(byName.size).toBe(runs.length);
  return byName;
}

export async function curve(server: MlflowServer, run: ShownRun, key: string): Promise<Point[]> {
  const query = { run_id: String(run.info.run_id), metric_key: key, max_results: '10000' };
  const { metrics = [] } = await server.get<{ metrics?: Point[] }>('metrics/get-history', query);
  return metrics;
}

/** Paths of a run's artifacts in one folder, sorted. */
export async function files(server: MlflowServer, run: ShownRun, path = ''): Promise<string[]> {
  const query = { run_id: String(run.info.run_id), ...(path !== '' && { path }) };
  const { files: listed = [] } = await server.get<{ files?: { path: string }[] }>(
    'artifacts/list',
    query,
  );
  return listed.map((file) => file.path).sort();
}

export const tags = ({ data }: ShownRun) =>
  new Map(data.tags.map(({ key, value }) => [key, value]));
