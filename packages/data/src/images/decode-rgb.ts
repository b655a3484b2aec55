import { messageOf, MmsrError, type Region, type RgbImage } from '@mmsr/core';
import sharp, { type Metadata } from 'sharp';

/**
 * More pixels than this are read only from tiled files: any other would have to be decoded from the top
 * for every patch, and a small file that claims so many is more likely made to exhaust memory.
 */
export const LARGEST_UNTILED_PX = 0x3fff * 0x3fff;

// It would give pixels of a file that another has replaced under the same name.
sharp.cache(false);

const SPACES = ['srgb', 'rgb', 'b-w', 'rgb16', 'grey16'];
const DEPTHS = ['uchar', 'ushort'];

function imageError(where: string, message: string, advice?: string, cause?: unknown): MmsrError {
  return new MmsrError('E_IMAGE', message, { where, advice, cause });
}

function decodingError(where: string, error: unknown): MmsrError {
  const [reason] = messageOf(error).split('\n');
  return imageError(where, `cannot be decoded: ${reason}`, 'Is the file complete?', error);
}

/**
 * Size and kind of an image, from its header.
 * @throws MmsrError E_IMAGE when it is no image or has pixels that are not RGB or grey in 8 or 16 bits
 */
export async function inspectImage(path: string, where: string): Promise<Metadata> {
  let metadata: Metadata;
  try {
    metadata = await sharp(path, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw decodingError(where, error);
  }
  const { space, depth, channels } = metadata;
  if (!SPACES.includes(space) || !DEPTHS.includes(depth) || channels > 4) {
    throw imageError(
      where,
      `has ${channels} channels of ${depth} values in the colour space ${space}`,
      'Convert it to 8-bit RGB.',
    );
  }
  return metadata;
}

/**
 * Decodes a part of a file's first image to 8-bit RGB. Stored values count: an embedded colour profile
 * and an orientation mark are not applied. Grey is repeated in the three channels, of 16 bits the upper
 * 8 are kept, and an alpha channel must be opaque.
 * @param region in native pixels
 * @param isTiff libtiff reports a damaged tile of most compressions as a warning only; elsewhere a warning
 *   is most often about a colour profile, which is not used
 * @throws MmsrError E_IMAGE when the file is damaged or has transparent pixels
 */
export async function decodeRgb(
  path: string,
  region: Region,
  where: string,
  isTiff: boolean,
): Promise<RgbImage> {
  const { x: left, y: top, width, height } = region;
  let decoded: { data: Buffer; info: { channels: number } };
  try {
    const failOn = isTiff ? 'warning' : 'error';
    decoded = await sharp(path, { limitInputPixels: false, ignoreIcc: true, failOn })
      .extract({ left, top, width, height })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw decodingError(where, error);
  }
  const { data, info } = decoded;
  const rgb = info.channels === 3 ? data : toThreeChannels(data, info.channels, where);
  return { widthPx: width, heightPx: height, data: rgb };
}

function toThreeChannels(data: Uint8Array, channels: number, where: string): Uint8Array {
  const hasAlpha = channels === 2 || channels === 4;
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    if (hasAlpha && data[from + channels - 1] !== 255) {
      throw imageError(where, 'has transparent pixels', 'Flatten it on its background.');
    }
    for (let channel = 0; channel < 3; channel++) {
      rgb[to + channel] = data[from + (channels > 2 ? channel : 0)] as number;
    }
  }
  return rgb;
}
