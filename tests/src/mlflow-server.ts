import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A real `mlflow server` on a data base and a folder of its own. */
export class MlflowServer {
  #process: ChildProcess | undefined;
  #said = '';
  readonly #port: number;

  private constructor(
    private readonly folder: string,
    port: number,
  ) {
    this.#port = port;
  }

  /** @param folder an empty one, which it fills */
  static async start(folder: string): Promise<MlflowServer> {
    const server = new MlflowServer(folder, await freePort());
    await server.resume();
    return server;
  }

  get uri(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts again where `stop` has left it. */
  async resume(): Promise<void> {
    const python = process.env.MMSR_PYTHON;
    if (python === undefined) {
      throw new Error('set MMSR_PYTHON to a Python with tests/requirements.txt');
    }
    const options = {
      '--host': '127.0.0.1',
      '--port': String(this.#port),
      '--workers': '1',
      '--backend-store-uri': `sqlite:///${join(this.folder, 'mlflow.db')}`,
      '--artifacts-destination': join(this.folder, 'artifacts'),
    };
    const child = spawn(python, ['-m', 'mlflow', 'server', ...Object.entries(options).flat()], {
      cwd: this.folder,
      env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, since the server starts others.
      detached: true,
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => (this.#said += data.toString()));
    }
    while (!(await this.#isHealthy())) {
      if (child.exitCode !== null) throw new Error(`mlflow server ended:\n${this.#said}`);
      await delay(200);
    }
  }

  /** Ends it as a crash does. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    this.#process = undefined;
    const ended = new Promise((resolve) => child.once('close', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  }

  /** The answer of its REST API. */
  async get<T>(call: string, query: Record<string, string>): Promise<T> {
    const url = `${this.uri}/api/2.0/mlflow/${call}?${new URLSearchParams(query).toString()}`;
    return (await (await fetch(url)).json()) as T;
  }

  async post<T>(call: string, body: object): Promise<T> {
    const answer = await fetch(`${this.uri}/api/2.0/mlflow/${call}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as T;
  }

  async artifact(artifactUri: string, path: string): Promise<Buffer> {
    const root = artifactUri.replace('mlflow-artifacts:/', '');
    const url = `${this.uri}/api/2.0/mlflow-artifacts/artifacts/${root}/${encodeURIComponent(path)}`;
    return Buffer.from(await (await fetch(url)).arrayBuffer());
  }

  async #isHealthy(): Promise<boolean> {
    return fetch(`${this.uri}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

/**
 * - `pass`: the server's answer
 * - `500`: the server does it, the answer is an error
 * - `cut`: the server does it, the connection breaks before the answer
 * - `hang`: no answer
 */
export type ProxyMode = 'pass' | '500' | 'cut' | 'hang';

/** Stands before a server and answers in its place as told. */
export class FaultyProxy {
  /** Asked for every request, by method and path. */
  mode: (request: string) => ProxyMode = () => 'pass';
  readonly requests: string[] = [];
  readonly #server = createServer((incoming, answer) => void this.#handle(incoming, answer));

  constructor(private readonly target: MlflowServer) {}

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const [path = ''] = (incoming.url ?? '').split('?');
    const name = `${incoming.method} ${path}`;
    this.requests.push(name);
    const mode = this.mode(name);
    if (mode === 'hang') return;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method, headers, url = '' } = incoming;
    const forwarded = request(`${this.target.uri}${url}`, { method, headers }, (response) => {
      if (mode === 'pass') {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
        return;
      }
      response.resume();
      response.on('end', () => {
        if (mode === 'cut') incoming.socket.destroy();
        else answer.writeHead(500).end('a fault');
      });
    });
    forwarded.on('error', () => incoming.socket.destroy());
    forwarded.end(Buffer.concat(chunks));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An address where nothing answers. */
export async function emptyAddress(): Promise<string> {
  const port = await freePort();
  await new Promise((resolve) => connect(port, '127.0.0.1').once('error', resolve));
  return `http://127.0.0.1:${port}`;
}
