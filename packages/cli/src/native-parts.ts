import type { NativePart } from '@mmsr/core';
import { openslidePart } from '@mmsr/data';
import { tensorflowPart } from '@mmsr/engine-tensorflow';

/** What `mmsr-run install` can install, listed by hand. */
export const NATIVE_PARTS: readonly NativePart[] = [tensorflowPart, openslidePart];
