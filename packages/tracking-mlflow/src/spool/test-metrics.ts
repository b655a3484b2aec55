import type { CellResults } from '@mmsr/core';
import { metricKeyOf } from '../client/names.js';
import type { MetricPoint } from '../client/wire-values.js';

/** The means of results.json as metrics of the last step: `test/psnrDb`, `test/20x.bicubicSsim`, ... */
export function testMetrics({ summary, steps }: CellResults, time: number): MetricPoint[] {
  return Object.entries(summary).flatMap(([magnification, means]) => {
    const prefix = magnification === 'all' ? 'test' : `test.${magnification}x`;
    const { psnrDb, ssim, bicubic, accuracy } = means;
    const values = {
      psnrDb,
      ssim,
      bicubicPsnrDb: bicubic.psnrDb,
      bicubicSsim: bicubic.ssim,
      accuracy,
    };
    return Object.entries(values).flatMap(([name, value]) =>
      typeof value === 'number'
        ? [{ key: metricKeyOf(`${prefix}.${name}`), value, timestamp: time, step: steps }]
        : [],
    );
  });
}
