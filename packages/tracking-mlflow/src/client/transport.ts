import { withoutSecrets, type Connection } from './connection.js';
import { MlflowError } from './mlflow-error.js';

/** Uploads get the time of any request and what they need at this rate. */
const SLOWEST_BYTES_PER_MS = 100;
const LONGEST_SHOWN = 300;

export interface TransportOptions {
  /** How long one request may take, in milliseconds; uploads get more by their size. */
  readonly timeoutMs: number;
  /** Ends the request under way. */
  readonly signal?: AbortSignal | undefined;
}

export type JsonAnswer = Readonly<Record<string, unknown>>;

interface Request {
  readonly method: string;
  /** Path behind the server's address, each segment encoded. */
  readonly path: string;
  readonly body?: string | Uint8Array;
}

/** Sends one request at a time and says what its failure means; it never tries again by itself. */
export class Transport {
  constructor(
    readonly connection: Connection,
    private readonly options: TransportOptions,
  ) {}

  /** A GET with a query, or any other method with a JSON body. */
  async json(method: string, path: string, content: object = {}): Promise<JsonAnswer> {
    const request =
      method === 'GET'
        ? { method, path: `${path}${queryOf(content)}` }
        : { method, path, body: JSON.stringify(content) };
    const text = await this.#send(request);
    try {
      const answer = JSON.parse(text) as unknown;
      if (typeof answer === 'object' && answer !== null) return answer as JsonAnswer;
    } catch {
      // What is no JSON is said below.
    }
    throw this.#error(`${path} did not answer with JSON`, {
      consequence: 'halt',
      advice: 'Is this the address of an MLflow server, and not of a page before it?',
    });
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#send({ method: 'PUT', path, body: bytes });
  }

  async #send(request: Request): Promise<string> {
    const { signal } = this.options;
    const controller = new AbortController();
    const stop = () => controller.abort();
    const timer = setTimeout(stop, this.#timeoutMs(request));
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.connection.address}${request.path}`, {
        method: request.method,
        headers: this.#headers(request),
        redirect: 'manual',
        signal: controller.signal,
        ...(request.body !== undefined && { body: request.body }),
      });
      text = await response.text();
    } catch (error) {
      throw this.#noAnswer(error, controller.signal.aborted);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
    if (response.ok) return text;
    throw this.#refusal(request, response, text);
  }

  #timeoutMs({ body }: Request): number {
    const bytes = typeof body === 'string' ? 0 : (body?.byteLength ?? 0);
    return this.options.timeoutMs + bytes / SLOWEST_BYTES_PER_MS;
  }

  #headers({ body }: Request): Record<string, string> {
    const { authorization } = this.connection;
    return {
      ...(authorization !== undefined && { authorization }),
      ...(typeof body === 'string' && { 'content-type': 'application/json' }),
      ...(body instanceof Uint8Array && { 'content-type': 'application/octet-stream' }),
    };
  }

  #noAnswer(error: unknown, aborted: boolean): MlflowError {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    const reason = aborted
      ? 'did not answer in time'
      : `cannot be reached (${nameOf(cause, error)})`;
    return this.#error(`the MLflow server ${reason}`, { consequence: 'again' });
  }

  #refusal({ method, path }: Request, response: Response, text: string): MlflowError {
    const { status } = response;
    const { errorCode, message } = readRefusal(text);
    const [short] = path.split('?');
    const failure = { ...meaningOf(status), status, ...retryAfter(response) };
    return this.#error(`${method} ${short}: ${status} ${message}`.trim(), {
      ...failure,
      ...(errorCode !== undefined && { errorCode }),
    });
  }

  #error(message: string, failure: ConstructorParameters<typeof MlflowError>[1]): MlflowError {
    const where = this.connection.address;
    return new MlflowError(withoutSecrets(message, this.connection), { where, ...failure });
  }
}

function nameOf(cause: NodeJS.ErrnoException | undefined, error: unknown): string {
  return cause?.code ?? cause?.message ?? (error as Error).message;
}

function queryOf(content: object): string {
  const pairs = Object.entries(content).filter(([, value]) => value !== undefined);
  return `?${new URLSearchParams(pairs as [string, string][]).toString()}`;
}

function meaningOf(status: number) {
  if (status === 401 || status === 403) {
    return {
      consequence: 'halt',
      advice:
        'Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; a server ' +
        'that knows its hosts by name needs --allowed-hosts.',
    } as const;
  }
  if (status >= 300 && status < 400) {
    const advice = 'Give the address that it redirects to.';
    return { consequence: 'halt', advice } as const;
  }
  if (status >= 500 || status === 429 || status === 408) return { consequence: 'again' } as const;
  return { consequence: 'skip' } as const;
}

/** MLflow's own errors are JSON; what stands before it answers with pages. */
function readRefusal(text: string): { errorCode?: string; message: string } {
  try {
    const { error_code: code, message } = JSON.parse(text) as Record<string, unknown>;
    const said = [code, message].filter((part) => typeof part === 'string').join(' ');
    return {
      ...(typeof code === 'string' && { errorCode: code }),
      message: said.replace(/\s+/g, ' ').slice(0, LONGEST_SHOWN),
    };
  } catch {
    const plain = text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
    return { message: plain.trim().slice(0, LONGEST_SHOWN) };
  }
}

function retryAfter(response: Response): { retryAfterMs?: number } {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
}
