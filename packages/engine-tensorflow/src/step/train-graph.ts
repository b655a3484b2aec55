import { type BatchTensors, differentiate, type tf, type TrainStepDefinition } from '@mmsr/core';
import { BOOL, FLOAT } from '../graph/data-types.js';
import { FlatLayout } from '../graph/flat-layout.js';
import type { Graph, Output } from '../graph/graph.js';
import { addVariable, after, assign, joinFlat, type Variable } from '../graph/variables.js';
import type { NodeBackend } from '../native/node-backend.js';
import { record, type Precision, type RandomInput, type Recording } from '../recording/record.js';
import {
  addSlots,
  addUpdate,
  addUpdateInputs,
  binary,
  clip,
  euclideanNorm,
  pack,
  whenFinite,
  type Slots,
  type UpdateInputs,
} from './optimizer-graph.js';

/** Shape of the batches that a graph is for. */
export interface BatchShape {
  readonly count: number;
  readonly lrPx: number;
  readonly hrPx: number;
  /** Whether the gradients of several batches are added up before an update. */
  readonly accumulates: boolean;
}

/** Adding up gradients of several batches. */
export interface Accumulation {
  /** Input: whether this is the first batch of a step. */
  readonly first: Output;
  /** Input: one part of the number of batches. */
  readonly share: Output;
  /** Fetched to add the gradients of one batch. */
  readonly added: Output;
  readonly sum: Variable;
}

/** What is fed to and fetched from the graph of a training step. */
export interface TrainGraph {
  readonly graph: Graph;
  readonly batch: { readonly lr: Output; readonly hr: Output; readonly magnification: Output };
  readonly random: readonly RandomInput[];
  /** Parameters that have a gradient, and those that have none. */
  readonly trained: FlatLayout;
  readonly fixed: FlatLayout;
  readonly slots: Slots;
  readonly fixedValues: Variable | undefined;
  /** Names of the terms in `losses`. */
  readonly terms: readonly string[];
  /** [total, ...terms] */
  readonly losses: Output;
  readonly gradient: Output;
  readonly norm: Output;
  /** 1 when the parameters were updated, 0 when something was not finite. */
  readonly updated: Output;
  readonly update: UpdateInputs;
  readonly accumulation: Accumulation | undefined;
  readonly diagnosis: DiagnosisGraph | undefined;
}

/** Measures that are fetched apart from a step. */
export interface DiagnosisGraph {
  /** Names of `values`. */
  readonly names: readonly string[];
  readonly values: Output;
  readonly random: readonly RandomInput[];
}

/** Records the loss and its gradients, and adds the update. */
export function createTrainGraph(
  backend: NodeBackend,
  precision: Precision,
  definition: TrainStepDefinition,
  shape: BatchShape,
): TrainGraph {
  return record(backend, precision, definition.parameters.all, (recording) => {
    const { graph } = recording;
    const recorded = recordLoss(recording, definition, shape);
    const parameters = defineParameters(recording, definition, recorded.gradients);
    const { trained, slots } = parameters;
    const gradient = joinFlat(graph, [...recorded.gradients.values()], trained);
    const accumulation = shape.accumulates ? accumulate(graph, gradient) : undefined;
    const mean =
      accumulation === undefined
        ? gradient
        : binary(graph, 'Mul', accumulation.sum.value, accumulation.share);
    const norm = euclideanNorm(graph, mean);
    const { clipNorm, optimizer } = definition;
    const clipped = clipNorm === null ? mean : clip(graph, mean, norm, clipNorm);
    const update = addUpdateInputs(graph);
    // Of several batches the losses are looked at one by one.
    const checked =
      accumulation === undefined ? binary(graph, 'AddV2', norm, recorded.total) : norm;
    const updated = whenFinite(graph, checked, (gate) =>
      addUpdate(graph, slots, clipped, optimizer, update, gate),
    );
    const terms = Object.entries(recorded.terms);
    return {
      ...parameters,
      graph,
      batch: recorded.batch,
      random: recorded.random,
      diagnosis: recorded.diagnosis,
      terms: terms.map(([name]) => name),
      losses: pack(graph, [recorded.total, ...terms.map(([, term]) => term)]),
      gradient,
      norm,
      updated,
      update,
      accumulation,
    };
  });
}

function recordLoss(
  recording: Recording,
  definition: TrainStepDefinition,
  { count, lrPx, hrPx }: BatchShape,
) {
  const lr = recording.input<tf.Rank.R4>('lr', [count, lrPx, lrPx, 3]);
  const hr = recording.input<tf.Rank.R4>('hr', [count, hrPx, hrPx, 3]);
  const magnification = recording.input<tf.Rank.R1>('magnification', [count], 'int32');
  const tensors = { lr: lr.tensor, hr: hr.tensor, magnification: magnification.tensor };
  const found = differentiate(definition, tensors, recording.trainingPass());
  const random = [...recording.random];
  const terms = found.terms.map(([name, term]) => [name, recording.outputOf(term)] as const);
  for (const [, term] of found.terms) term.dispose();
  return {
    batch: { lr: lr.output, hr: hr.output, magnification: magnification.output },
    random,
    diagnosis: recordDiagnosis(recording, definition, tensors),
    total: recording.outputOf(found.total),
    terms: Object.fromEntries(terms),
    gradients: new Map(
      found.gradients.map(({ parameter, gradient }) => [
        parameter.name,
        recording.outputOf(gradient),
      ]),
    ),
  };
}

function recordDiagnosis(
  recording: Recording,
  { diagnosis }: TrainStepDefinition,
  tensors: BatchTensors,
): DiagnosisGraph | undefined {
  if (diagnosis === undefined) return undefined;
  const ofLoss = recording.random.length;
  const measures = Object.entries(diagnosis(tensors, recording.trainingPass()));
  const values = pack(
    recording.graph,
    measures.map(([, measure]) => recording.outputOf(measure)),
  );
  return { names: measures.map(([name]) => name), values, random: recording.random.slice(ofLoss) };
}

/** Two vectors hold the parameters: those that are trained, and the others. */
function defineParameters(
  recording: Recording,
  { parameters, ema }: TrainStepDefinition,
  gradients: ReadonlyMap<string, Output>,
) {
  const { graph } = recording;
  const trained = new FlatLayout(parameters.all.filter(({ name }) => gradients.has(name)));
  const fixed = new FlatLayout(parameters.all.filter(({ name }) => !gradients.has(name)));
  const slots = addSlots(graph, trained.size, ema !== null);
  recording.defineParameters(slots.parameters.value, trained);
  const fixedValues = fixed.size === 0 ? undefined : addVariable(graph, 'fixed', fixed.size);
  if (fixedValues !== undefined) recording.defineParameters(fixedValues.value, fixed);
  return { trained, fixed, slots, fixedValues };
}

/** Adds the gradient of one batch to those of the batches before it. */
function accumulate(graph: Graph, gradient: Output): Accumulation {
  const first = graph.placeholder('accumulation/first', [], BOOL);
  const share = graph.placeholder('accumulation/share', [], FLOAT);
  const sum = addVariable(graph, 'sum', gradient.shape[0] as number);
  const attributes = { T: { kind: 'type', value: FLOAT } } as const;
  const more = binary(graph, 'AddV2', sum.value, gradient);
  const value = graph.one('SelectV2', [first, gradient, more], gradient, { attributes });
  const added = assign(graph, 'AssignVariableOp', sum.handle, value);
  return { first, share, added: after(graph, [added]), sum };
}
