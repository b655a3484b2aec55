import type { InjectionToken } from 'tsyringe';
import type { DataPipeline } from './contracts/data-pipeline.js';
import type { WritePicture } from './evaluation/pictures.js';

/** What the composition root must provide beside the plugins. */
export const DATA_PIPELINE: InjectionToken<DataPipeline> = Symbol('DataPipeline');
export const WRITE_PICTURE: InjectionToken<WritePicture> = Symbol('WritePicture');
