import { MlflowError } from './mlflow-error.js';

/** Where the server is and how to be let in. */
export interface Connection {
  /** Without credentials, query or trailing slash; fit to be shown and recorded. */
  readonly address: string;
  /** The Authorization header, if any. Never shown or recorded. */
  readonly authorization: string | undefined;
  /** What must not appear in a message. */
  readonly secrets: readonly string[];
}

/** MLflow's own environment variables. */
export interface MlflowEnvironment {
  readonly MLFLOW_TRACKING_URI?: string | undefined;
  readonly MLFLOW_TRACKING_USERNAME?: string | undefined;
  readonly MLFLOW_TRACKING_PASSWORD?: string | undefined;
  readonly MLFLOW_TRACKING_TOKEN?: string | undefined;
}

/**
 * The connection that an address and the environment give. User name and password win over a token, as
 * in MLflow's own client; those within MLFLOW_TRACKING_URI count where the other variables are not set.
 * @param uri of the experiment; default: MLFLOW_TRACKING_URI
 * @returns undefined when neither names a server
 * @throws MlflowError when the address is not one of HTTP
 */
export function connectionOf(
  uri: string | undefined,
  environment: MlflowEnvironment = process.env,
): Connection | undefined {
  const text = uri ?? environment.MLFLOW_TRACKING_URI;
  if (text === undefined || text === '') return undefined;
  const url = parse(text);
  const username = environment.MLFLOW_TRACKING_USERNAME ?? decode(url.username);
  const password = environment.MLFLOW_TRACKING_PASSWORD ?? decode(url.password);
  const token = environment.MLFLOW_TRACKING_TOKEN ?? '';
  const address = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  if (username !== '' && password !== '') {
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    return { address, authorization: `Basic ${basic}`, secrets: [password, basic] };
  }
  if (token === '') return { address, authorization: undefined, secrets: [] };
  return { address, authorization: `Bearer ${token}`, secrets: [token] };
}

/**
 * Whether a server would get credentials of the environment that is not the one of MLFLOW_TRACKING_URI,
 * for which they are meant.
 * @throws MlflowError when the address is not one of HTTP
 */
export function wouldGetCredentials(
  uri: string,
  environment: MlflowEnvironment = process.env,
): boolean {
  const { MLFLOW_TRACKING_URI: own = '' } = environment;
  if (URL.canParse(own) && new URL(own).origin === parse(uri).origin) return false;
  const [sent, ofAddress] = [connectionOf(uri, environment), connectionOf(uri, {})];
  return sent?.authorization !== ofAddress?.authorization;
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  // The text itself may hold a password, so it is not shown.
  throw new MlflowError('the address of the MLflow server is not one of HTTP', {
    consequence: 'halt',
    where: 'MLFLOW_TRACKING_URI',
    advice:
      'It is like http://127.0.0.1:5000; folders and databases need `mlflow server` before them.',
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A text without the secrets of a connection. */
export function withoutSecrets(text: string, { secrets }: Connection): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
