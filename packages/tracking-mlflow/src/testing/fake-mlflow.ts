import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

const PAGE = '<html>a fault</html>';

/** What a request meets; `drop` does what is asked and then breaks the connection. */
export type Fault = 'hang' | 'drop' | number | { readonly status: number; readonly body: string };

export interface FakeRun {
  readonly info: Record<string, unknown>;
  readonly tags: Map<string, string>;
  readonly params: Map<string, string>;
  /** Every point that came, also when it came twice. */
  readonly metrics: Json[];
  readonly datasets: Json[];
  readonly outputs: Json[];
}

/**
 * An MLflow server in memory. Unlike the real one it keeps every point it is sent, so that a test sees
 * what was sent twice.
 */
export class FakeMlflow {
  readonly experiments = new Map<string, Json>();
  readonly runs = new Map<string, FakeRun>();
  readonly models = new Map<string, Json>();
  readonly artifacts = new Map<string, Buffer>();
  /** Method and path of each request. */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** The fault that a request meets, if any. */
  fault: (request: string, body: Json) => Fault | undefined = () => undefined;
  artifactScheme = 'mlflow-artifacts:';
  #next = 0;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The one run of this name. */
  run(name: string): FakeRun {
    const found = [...this.runs.values()].filter(
      ({ info }) => info.run_name === name && info.lifecycle_stage === 'active',
    );
    if (found.length !== 1) throw new Error(`${found.length} runs are named ${name}`);
    return found[0] as FakeRun;
  }

  /** Paths of the run's artifacts. */
  artifactsOf({ info }: FakeRun): string[] {
    const prefix = `${String(info.experiment_id)}/${String(info.run_id)}/artifacts/`;
    return [...this.artifacts.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length))
      .sort();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const bytes = Buffer.concat(chunks);
    const url = new URL(request.url ?? '', 'http://fake');
    const name = `${request.method} ${url.pathname}`;
    const isJson = request.headers['content-type'] === 'application/json';
    const body = isJson ? (JSON.parse(bytes.toString()) as Json) : {};
    this.requests.push(name);
    this.headers.push(request.headers);
    const fault = this.fault(name, body);
    if (fault === 'hang') return;
    if (fault !== undefined && fault !== 'drop') {
      const answer = typeof fault === 'number' ? { status: fault, body: PAGE } : fault;
      response.writeHead(answer.status, { location: 'http://elsewhere' }).end(answer.body);
      return;
    }
    const [status, answer] = this.#do(name, url, body, bytes);
    if (fault === 'drop') request.socket.destroy();
    else response.writeHead(status).end(JSON.stringify(answer));
  }

  #do(name: string, url: URL, body: Json, bytes: Buffer): [number, Json] {
    const artifact = /^PUT \/api\/2\.0\/mlflow-artifacts\/artifacts\/(.*)$/.exec(name)?.[1];
    if (artifact !== undefined) {
      this.artifacts.set(artifact.split('/').map(decodeURIComponent).join('/'), bytes);
      return [200, {}];
    }
    const call = name.replace(' /api/2.0/mlflow/', ' ');
    const query = Object.fromEntries(url.searchParams) as Json;
    try {
      return [200, this.#call(call, name.startsWith('GET') ? query : body)];
    } catch (error) {
      const [code, message] = String((error as Error).message).split(': ');
      return [code === 'RESOURCE_DOES_NOT_EXIST' ? 404 : 400, { error_code: code, message }];
    }
  }

  #call(call: string, content: Json): Json {
    switch (call) {
      case 'GET experiments/get-by-name':
        return { experiment: this.#experiment(String(content.experiment_name)) };
      case 'POST experiments/create':
        return this.#createExperiment(content);
      case 'POST experiments/restore':
        for (const one of this.experiments.values()) one.lifecycle_stage = 'active';
        return {};
      case 'POST runs/create':
        return this.#createRun(content);
      case 'POST runs/search':
        return { runs: this.#search(content).map(({ info }) => ({ info })) };
      case 'GET runs/get':
        return {
          run: {
            info: this.#run(content).info,
            outputs: { model_outputs: this.#run(content).outputs },
          },
        };
      case 'POST runs/update':
        Object.assign(this.#run(content).info, content);
        return {};
      case 'POST runs/delete':
        this.#run(content).info.lifecycle_stage = 'deleted';
        return {};
      case 'POST runs/log-batch':
        return this.#logBatch(content);
      case 'POST runs/log-inputs':
        this.#run(content).datasets.push(...(content.datasets as Json[]));
        return {};
      case 'POST runs/outputs':
        this.#run(content).outputs.push(...(content.models as Json[]));
        return {};
      case 'GET metrics/get-history':
        return {
          metrics: this.#run(content).metrics.filter(({ key }) => key === content.metric_key),
        };
      default:
        return this.#modelCall(call, content);
    }
  }

  #modelCall(call: string, content: Json): Json {
    if (call === 'POST logged-models') {
      const id = `m-${++this.#next}`;
      const uri = `${this.artifactScheme}/${String(content.experiment_id)}/models/${id}/artifacts`;
      const info = { ...content, model_id: id, artifact_uri: uri, status: 'LOGGED_MODEL_PENDING' };
      this.models.set(id, info);
      return { model: { info } };
    }
    if (call === 'POST logged-models/search') {
      const [, value] = /= '(.*)'$/.exec(String(content.filter)) ?? [];
      const models = [...this.models.values()].filter(({ tags }) =>
        (tags as Json[]).some((tag) => tag.value === value),
      );
      return { models: models.map((info) => ({ info })) };
    }
    const [, method, id] = /^(PATCH|DELETE) logged-models\/(.*)$/.exec(call) ?? [];
    const model = this.models.get(id ?? '');
    if (method === 'DELETE') this.models.delete(id ?? '');
    if (model === undefined) throw new Error(`ENDPOINT_NOT_FOUND: ${call}`);
    model.status = content.status;
    return {};
  }

  #experiment(name: string): Json {
    const found = this.experiments.get(name);
    if (found === undefined) throw new Error('RESOURCE_DOES_NOT_EXIST: no such experiment');
    return found;
  }

  #createExperiment({ tags, ...content }: Json): Json {
    const name = String(content.name);
    if (this.experiments.has(name)) throw new Error('RESOURCE_ALREADY_EXISTS: it is there');
    const experiment = { experiment_id: String(this.experiments.size + 1), name, tags };
    this.experiments.set(name, { ...experiment, lifecycle_stage: 'active' });
    return { experiment_id: experiment.experiment_id };
  }

  #createRun(content: Json): Json {
    const id = `run${++this.#next}`;
    const root = `${String(content.experiment_id)}/${id}/artifacts`;
    const run: FakeRun = {
      info: {
        ...content,
        run_id: id,
        status: 'RUNNING',
        lifecycle_stage: 'active',
        artifact_uri: `${this.artifactScheme}/${root}`,
      },
      tags: new Map((content.tags as { key: string; value: string }[]).map(pair)),
      params: new Map(),
      metrics: [],
      datasets: [],
      outputs: [],
    };
    this.runs.set(id, run);
    return { run: { info: run.info } };
  }

  #search({ filter }: Json): FakeRun[] {
    const [, tag, value] = /tags\.`(.*)` = '(.*)'/.exec(String(filter)) ?? [];
    return [...this.runs.values()].filter(
      ({ tags, info }) => tags.get(tag ?? '') === value && info.lifecycle_stage === 'active',
    );
  }

  #run({ run_id }: Json): FakeRun {
    const found = this.runs.get(String(run_id));
    if (found === undefined) throw new Error('RESOURCE_DOES_NOT_EXIST: no such run');
    return found;
  }

  #logBatch(content: Json): Json {
    const run = this.#run(content);
    for (const { key, value } of content.params as { key: string; value: string }[]) {
      const before = run.params.get(key);
      if (before !== undefined && before !== value) throw new Error('INVALID_PARAMETER_VALUE: new');
      run.params.set(key, value);
    }
    for (const { key, value } of content.tags as { key: string; value: string }[]) {
      run.tags.set(key, value);
    }
    run.metrics.push(...(content.metrics as Json[]));
    return {};
  }
}

function pair({ key, value }: { key: string; value: string }): [string, string] {
  return [key, value];
}
