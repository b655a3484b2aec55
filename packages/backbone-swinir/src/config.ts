import { MmsrError, Type, type Static } from '@mmsr/core';

const Rate = (description: string, rate = 0) =>
  Type.Number({ minimum: 0, exclusiveMaximum: 1, default: rate, description });

const PerLayer = (description: string) =>
  Type.Array(Type.Integer({ minimum: 1 }), {
    minItems: 1,
    default: [6, 6, 6, 6, 6, 6],
    description,
  });

/** The options of SwinIR; the defaults are those of the published SwinIR-M for classical SR. */
export const SwinirConfig = Type.Object({
  depths: PerLayer('Transformer blocks of each residual layer.'),
  features: Type.Integer({ minimum: 1, default: 180, description: 'Channels.' }),
  heads: PerLayer('Attention heads in each residual layer; they divide the features.'),
  windowPx: Type.Integer({ minimum: 2, default: 8, description: 'Side of the attention windows.' }),
  mlpRatio: Type.Number({
    exclusiveMinimum: 0,
    default: 2,
    description: 'Hidden width of the MLPs, as a multiple of the features.',
  }),
  qkvBias: Type.Boolean({ default: true, description: 'Queries, keys and values have a bias.' }),
  qkScale: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
    default: null,
    description: 'Factor of the attention scores; null: 1 / sqrt(features / heads).',
  }),
  upsampler: Type.Union(
    [
      Type.Literal('pixelshuffle'),
      Type.Literal('pixelshuffledirect'),
      Type.Literal('nearest+conv'),
    ],
    {
      default: 'pixelshuffle',
      description:
        'pixelshuffle: classical SR; pixelshuffledirect: one small step; nearest+conv: fewer artefacts.',
    },
  ),
  residualConnection: Type.Union([Type.Literal('1conv'), Type.Literal('3conv')], {
    default: '1conv',
    description: 'Convolutions at the end of each residual layer and of the body.',
  }),
  dropPath: Rate('Rate at which the last block is skipped; rises linearly over the blocks.', 0.1),
  dropout: Rate('Dropout of embeddings, projections and MLPs.'),
  attentionDropout: Rate('Dropout of attention weights.'),
  absolutePositionEmbeddingPx: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    default: null,
    description:
      'Side of the LR patches whose positions are learned, resized for other images; null: none.',
  }),
  patchNorm: Type.Boolean({ default: true, description: 'Normalise the shallow features.' }),
  rgbRange: Type.Union([Type.Literal(1), Type.Literal(255)], {
    default: 1,
    description: 'The network computes with colours from 0 to this; published weights take 1.',
  }),
});

export type SwinirOptions = Static<typeof SwinirConfig>;

/** @throws MmsrError E_BACKBONE when options that are valid each do not fit together */
export function checkOptions(options: SwinirOptions): void {
  const { depths, heads, features, mlpRatio, residualConnection } = options;
  if (depths.length !== heads.length) {
    throw misfit(
      'heads',
      `${depths.length} depths and ${heads.length} heads`,
      'Give one per layer.',
    );
  }
  const odd = heads.find((count) => features % count !== 0);
  if (odd !== undefined) {
    throw misfit('heads', `${odd} heads do not divide ${features} features`, 'Change either.');
  }
  if (Math.floor(features * mlpRatio) < 1) {
    throw misfit('mlpRatio', `${mlpRatio} of ${features} features is none`, 'Raise it.');
  }
  if (residualConnection === '3conv' && features < 4) {
    throw misfit('features', `3conv computes with a quarter of ${features}`, 'Take 4 or more.');
  }
}

function misfit(key: keyof SwinirOptions, fault: string, advice: string): MmsrError {
  return new MmsrError('E_BACKBONE', `swinir: ${fault}`, {
    where: `model.backbone.${key}`,
    advice,
  });
}
