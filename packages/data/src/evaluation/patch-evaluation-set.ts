import {
  type EvaluationSample,
  type EvaluationSet,
  randomStream,
  type SourceImage,
  type Split,
} from '@mmsr/core';
import type { PatchPlace } from '../patches/patch-sampler.js';
import { type PatchMaker, readPair } from '../patches/read-pair.js';

/** The patches of a validation or test split. */
export class PatchEvaluationSet implements EvaluationSet {
  readonly length: number;

  constructor(
    private readonly maker: PatchMaker,
    private readonly places: readonly PatchPlace[],
    private readonly split: Split,
    private readonly seed: number,
  ) {
    this.length = places.length;
  }

  async get(index: number): Promise<EvaluationSample> {
    const place = this.places[index];
    if (place === undefined) throw new RangeError(`no sample ${index} of ${this.length}`);
    const image = this.maker.source.images[place.image] as SourceImage;
    const random = randomStream(this.seed, `evaluate ${this.split}`, index, 0);
    const { hr, lr } = await readPair(this.maker, place, random);
    const { magnification, x, y } = place;
    const id = `${image.id}@${magnification}x_x${x}_y${y}`;
    return { id, group: image.group, magnification, lr, hr };
  }
}
