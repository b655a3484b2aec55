import { Type, type Static } from '@mmsr/core';

/** The options of `tracking: {name: mlflow, ...}`. */
export const MlflowOptionsSchema = Type.Object({
  uri: Type.Optional(
    Type.String({
      // Credentials would go into the run's manifest: they come from the environment alone.
      pattern: '^https?://[^/@]+(/[^@?#]*)?$',
      description: 'The server, without credentials; default: MLFLOW_TRACKING_URI.',
    }),
  ),
  experiment: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'The experiment on the server; default: the name of the study.',
    }),
  ),
  models: Type.Boolean({
    default: true,
    description: 'Whether the weights of a run that is done are sent.',
  }),
  systemMetricsSeconds: Type.Number({
    minimum: 0,
    default: 10,
    description: 'Time between samples of processor, memory and GPU; 0: none.',
  }),
  timeoutSeconds: Type.Number({
    exclusiveMinimum: 0,
    maximum: 3600,
    default: 30,
    description: 'How long one request may take.',
  }),
  finishSeconds: Type.Number({
    minimum: 0,
    maximum: 3600,
    default: 30,
    description: 'How long the end of a run waits for what is not sent yet.',
  }),
});

export type MlflowOptions = Static<typeof MlflowOptionsSchema>;
