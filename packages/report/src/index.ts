export { normalTail, studentQuantile } from './statistics/normal.js';
export { wilcoxonSignedRank, type SignedRankTest } from './statistics/wilcoxon.js';
export { holm } from './statistics/holm.js';
export { bootstrapInterval, degreesOfFreedom } from './statistics/interval.js';
export { cohensDz, mean, rankBiserial, standardDeviation } from './statistics/effect-size.js';
export {
  bootstrapMeans,
  percentileInterval,
  type BootstrapOptions,
  type GroupedSample,
  type Interval,
  type SeedSample,
} from './statistics/bootstrap.js';
export {
  pairImages,
  type CellPair,
  type ImageDifference,
  type Metric,
  type TestedCell,
} from './statistics/pair-images.js';
export { pairedSample, type PairedSample } from './statistics/paired-sample.js';
export { PRIMARY, type Family } from './statistics/families.js';
export {
  compare,
  CONFIDENCE_LEVEL,
  STATISTICS_PROTOCOL,
  type CompareOptions,
  type ComparisonRow,
  type Contrast,
} from './statistics/compare.js';
export { warningsOf } from './statistics/warnings.js';
export type { CellState } from './study/cell-state.js';
export type { DoneCell } from './study/done-cell.js';
export { loadStudyRuns, type StudyRuns } from './study/load-study.js';
export {
  summarizeRuns,
  summarizeStudy,
  type Comparison,
  type StudySummary,
  type SummaryBlock,
} from './study/study-summary.js';
export type { Spread, VariantMetrics, VariantSummary } from './study/variants.js';
export { answers, verdict } from './tables/answers.js';
export { comparisonTables } from './tables/comparison-table.js';
export { confusionTables } from './tables/confusion-table.js';
export { toCsv } from './tables/csv.js';
export { escapeLatex, toLatex } from './tables/latex.js';
export { escapeMarkdown, toMarkdown } from './tables/markdown.js';
export { protocolText } from './tables/protocol-text.js';
export { resultsTables } from './tables/results-table.js';
export { studyTables } from './tables/study-tables.js';
export { plainLine, type Column, type Table, type TableCell } from './tables/table.js';
export { toStatisticsJson, writeTables } from './write-tables.js';
export { reportHtml, writeReport, type ReportInput } from './write-report.js';
