import 'reflect-metadata';

export * as tf from './tf.js';
export { Type, type Static, type TObject, type TSchema } from 'typebox';

export * from './errors.js';
export * from './contracts/plugin.js';
export * from './contracts/forward-pass.js';
export * from './contracts/backbone.js';
export * from './contracts/head.js';
export * from './contracts/loss.js';
export * from './contracts/source.js';
export * from './contracts/degradation.js';
export * from './contracts/engine.js';
export * from './contracts/train-step.js';
export * from './contracts/tracker.js';
export * from './contracts/launcher.js';
export * from './contracts/data-pipeline.js';
export * from './contracts/native-part.js';
export * from './plugins/define.js';
export * from './experiment/schema.js';
export {
  formatResolved,
  readExperiment,
  type Cell,
  type ReadOptions,
  type Study,
} from './experiment/read-experiment.js';
export { composeSchema } from './experiment/composed-schema.js';
export { formatYaml } from './experiment/resolved-file.js';
export { canonical, isJsonObject, type Json, type JsonObject } from './experiment/json.js';
export type { JsonSchema } from './plugins/config-schema.js';
export { loadNamedPlugin } from './plugins/discovery.js';
export { suggestBriefly } from './plugins/nearest.js';
export { useOneCore } from './plugins/one-core.js';
export { defaultThreads } from './default-threads.js';
export {
  pluginToken,
  PluginRegistry,
  register,
  type Plugin,
  type PluginByKind,
  type PluginOrigin,
} from './plugins/register.js';
export * from './images/rgb-image.js';
export { imresize, resizeBicubic, type ResizedSamples } from './images/imresize.js';
export { coveredRegion, shrinkByArea, shrinkRegion, shrunkLength } from './images/area-resize.js';
export type { Samples } from './images/separable.js';
export { randomStream, type RandomStream } from './random/random-stream.js';
export * from './model/parameter-scope.js';
export * from './model/initializers.js';
export * from './model/layers.js';
export { fromTorchLayout, importTorch, toTorchLayout, torchShape } from './model/torch-layout.js';
export * from './model/multi-task-model.js';
export { trainedMagnifications } from './experiment/magnifications.js';
export { ModelFactory } from './model/model-factory.js';
export {
  createObjective,
  type Objective,
  type ObjectiveDefinition,
} from './objective/objective.js';
export { builtinLosses } from './objective/builtin-losses.js';
export { assertFinite, createEagerStep } from './training/eager-step.js';
export { NonFiniteError, withOrigin, type NonFiniteOrigin } from './training/non-finite.js';
export { failedAllocation, withinMemory, type MemoryUse } from './training/out-of-memory.js';
export { differentiate } from './training/differentiate.js';
export { assertMatch, copyArrays, initialArrays, zeroArrays } from './training/named-arrays.js';
export { createEagerInference } from './training/eager-inference.js';
export { taskGradients, type TaskLosses } from './training/task-gradients.js';
export { evaluationPass, trainingPass, uniformNumbers } from './training/training-pass.js';
export { learningRateSchedule } from './training/schedule.js';
export type { OnProgress, Progress } from './training/progress.js';
export { evaluate, measure, protocolOf, type EvaluatedImage } from './evaluation/evaluator.js';
export { toPlanes, type MetricProtocol, type Plane } from './evaluation/planes.js';
export { psnrDb, IDENTICAL_PSNR_DB } from './evaluation/psnr.js';
export { ssim } from './evaluation/ssim.js';
export { chooseExamples, type Example, type ExampleRank } from './evaluation/examples.js';
export { summarize, confusionMatrix } from './evaluation/summarize.js';
export type { WritePicture } from './evaluation/pictures.js';
export * from './run/results.js';
export * from './run/safetensors.js';
export { makeFolder, writeDurably } from './run/durable.js';
export { RunDirectory } from './run/run-directory.js';
export {
  DIFFERENCE_KINDS,
  experimentDifferences,
  type DifferenceKind,
  type Manifest,
} from './run/manifest.js';
export {
  dataFinding,
  experimentFile,
  repetitionFindings,
  verifyFiles,
  type Finding,
  type VerifiedRun,
} from './run/verify-run.js';
export { readStudyRecord, writeStudyRecord, type StudyRecord } from './run/study-record.js';
export { CellMeter, type CellCost } from './run/cell-meter.js';
export { CellProbe, type ProbeReport } from './run/cell-probe.js';
export { CellRunner, type CellRequest, type CellResult } from './run/cell-runner.js';
export { cacheFolder } from './native-parts/cache-folder.js';
export { findCompiler } from './native-parts/compiler.js';
export { installAside, type InstallRequest } from './native-parts/install-aside.js';
export { fetchPackage, type PinnedPackage } from './native-parts/npm-package.js';
export { findPart, uninstallParts } from './native-parts/installed-parts.js';
export type { FoundPart, PartOrigin, PartRecord } from './native-parts/part-record.js';
export {
  checkPrerequisites,
  freeDiskBytes,
  freeMemoryBytes,
  type Needs,
} from './native-parts/prerequisites.js';
export { lockPart, type LockOptions } from './native-parts/part-lock.js';
export { lastLine, runTool, type ToolOptions, type ToolResult } from './native-parts/run-tool.js';
export { fetchWheel, type FetchOptions, type Wheel } from './native-parts/wheels.js';
export { DATA_PIPELINE, WRITE_PICTURE } from './tokens.js';
export { createTracker } from './run/create-tracker.js';
export { enginesByRank, selectEngine } from './run/select-engine.js';
