import { attentionPool } from './attention-pool.js';
import { convPool } from './conv-pool.js';
import { pooledLinear } from './pooled-linear.js';

export { pooledLinear, PooledLinearConfig } from './pooled-linear.js';
export { convPool, ConvPoolConfig } from './conv-pool.js';
export { attentionPool, AttentionPoolConfig } from './attention-pool.js';

export default [pooledLinear, convPool, attentionPool];
