export { checkStudy, type CellCheck } from './check.js';
export { createContainer } from './composition.js';
export { finishStudy } from './finish-study.js';
export { planStudy, type CellPlan, type PlanOptions } from './plan-study.js';
export {
  loadStudy,
  readResults,
  runStudy,
  type CellReport,
  type LoadedStudy,
  type RunStudyOptions,
} from './study.js';
export type { WrittenReport } from './reports.js';
export type { CellResults, Progress } from '@mmsr/core';
