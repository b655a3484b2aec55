export { connectionOf, type Connection, type MlflowEnvironment } from './client/connection.js';
export {
  MlflowClient,
  type Batch,
  type DatasetInput,
  type LoggedModel,
  type NewModel,
  type NewRun,
  type RunInfo,
} from './client/mlflow-client.js';
export { MlflowError, type Consequence, type MlflowFailure } from './client/mlflow-error.js';
export { Transport, type TransportOptions } from './client/transport.js';
export type { KeyValue, MetricPoint, RunStatus } from './client/wire-values.js';
export { syncFolder, type SyncedRun, type SyncOptions } from './sync.js';
export { mlflowTracker } from './live/mlflow-tracker.js';
export { MlflowOptionsSchema, type MlflowOptions } from './options.js';
