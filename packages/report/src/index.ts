export { normalTail, studentQuantile } from './statistics/normal.js';
export { wilcoxonSignedRank, type SignedRankTest } from './statistics/wilcoxon.js';
export { holm } from './statistics/holm.js';
export { cohensDz, mean, rankBiserial, standardDeviation } from './statistics/effect-size.js';
export {
  bootstrapMeans,
  expandedTail,
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
export {
  compare,
  CONFIDENCE_LEVEL,
  STATISTICS_PROTOCOL,
  type ComparisonRow,
  type Contrast,
} from './statistics/compare.js';
export { warningsOf } from './statistics/warnings.js';
