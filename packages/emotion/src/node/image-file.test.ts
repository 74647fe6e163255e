import { crc32, deflateSync } from "node:zlib";
import { DataError } from "@mien/tensor";
import jpeg from "jpeg-js";
import { PNG, type PNGOptions } from "pngjs";
import { expect, test } from "vitest";
import { processorSeconds } from "../../../../test/support/processor-time.ts";
import type { DecodedImage } from "../images.ts";
import { upright } from "./exif.ts";
import { bombs } from "./image-bombs.ts";
import { decodeImage } from "./image-file.ts";

/** A horizontal slope in RGBA, with the given alpha. */
function slope(width: number, height: number, alpha = 255): Buffer {
  const data = Buffer.alloc(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const value = Math.round(((pixel % width) / (width - 1)) * 255);
    data.set([value, 255 - value, 128, alpha], pixel * 4);
  }
  return data;
}

const someJpeg = jpeg.encode({ width: 48, height: 48, data: slope(48, 48) }, 90).data;

function png(options: PNGOptions = {}, data = slope(16, 8)): Buffer {
  const image = new PNG({ width: 16, height: 8 });
  image.data = data;
  return PNG.sync.write(image, options);
}

/** Files that the libraries' encoders cannot write: 8 x 8 pixels of grey 100, and a red and a blue pixel. */
const GREY_JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8" +
    "tMC0oMCUoKSj/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8ANP/Z",
  "base64",
);
const PALETTE_PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABAQMAAADO7O3JAAAABlBMVEX/AAAAAP9sof2OAAAACklEQVR4nGNwAAAAQgBBKTf07wAAAABJRU5E" +
    "rkJggg==",
  "base64",
);

/** The one sentence that a file is refused with; anything but a DataError fails the test. */
function refusal(bytes: Uint8Array): string {
  try {
    decodeImage(bytes, "face.jpg");
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as Error).message;
  }
  throw new Error("decoded without an error");
}

test("a JPEG gives its pixels", () => {
  const { width, height, channels, data } = decodeImage(someJpeg, "face.jpg");
  expect([width, height, channels]).toEqual([48, 48, 3]);
  for (const pixel of [0, 20, 47, 48 * 48 - 1]) {
    const value = Math.round(((pixel % 48) / 47) * 255);
    expect(Math.abs(data[3 * pixel]! - value)).toBeLessThan(16);
  }
});

test("a grey JPEG gives one channel", () => {
  const { channels, data } = decodeImage(GREY_JPEG, "grey.jpg");
  expect(channels).toBe(1);
  expect(data).toHaveLength(64);
  expect(Math.abs(data[0]! - 100)).toBeLessThan(3);
});

test.each([
  ["RGB", { colorType: 2 }, 3, [0, 255, 128]],
  ["RGBA", { colorType: 6 }, 3, [0, 255, 128]],
  ["16-bit RGB", { colorType: 2, bitDepth: 16 }, 3, [0, 255, 128]],
  ["grey", { colorType: 0 }, 1, [127]],
  ["grey and alpha", { colorType: 4 }, 1, [127]],
] as const)("a PNG in %s", (_, options, channels, first) => {
  const wide = "bitDepth" in options;
  const data = wide
    ? Buffer.from(Uint16Array.from(slope(16, 8), (value) => value * 257).buffer)
    : slope(16, 8);
  const image = decodeImage(png({ ...options, inputColorType: 6 }, data), "face.png");
  expect([image.width, image.height, image.channels]).toEqual([16, 8, channels]);
  for (const [channel, value] of first.entries()) {
    expect(Math.abs(image.data[channel]! - value)).toBeLessThanOrEqual(1);
  }
});

test("a PNG with a palette", () => {
  expect(decodeImage(PALETTE_PNG, "palette.png").data).toEqual(Uint8Array.of(255, 0, 0, 0, 0, 255));
});

test("transparent pixels are laid over white", () => {
  const half = decodeImage(png({}, slope(16, 8, 128)), "half.png").data;
  expect(Array.from(half.subarray(0, 3))).toEqual([127, 255, 191]);
  expect(new Set(decodeImage(png({}, slope(16, 8, 0)), "clear.png").data)).toEqual(new Set([255]));
});

test("the contents count, not the name", () => {
  expect(decodeImage(png(), "really-a-png.jpg").width).toBe(16);
});

test("a text file, and an empty one", () => {
  expect(refusal(Buffer.from("dear diary"))).toMatch(
    /^face\.jpg: not an image, got a file that begins with 64 65 61 72 20 64 69 61, expected a JPEG or PNG\. Help: /,
  );
  expect(refusal(new Uint8Array(0))).toMatch(/^face\.jpg: empty file, got 0 bytes, expected .*\. Help: /);
});

test("a JPEG cut anywhere is refused", () => {
  for (let length = 3; length < someJpeg.length; length += 13) {
    expect(refusal(someJpeg.subarray(0, length))).toMatch(
      /^face\.jpg: (truncated|broken) JPEG, got .*\. Help: /,
    );
  }
  expect(refusal(someJpeg.subarray(0, -2))).toMatch(/truncated JPEG, got no end marker/);
});

test("a JPEG whose end was sewn on again is refused", () => {
  const sewn = Buffer.concat([someJpeg.subarray(0, -40), Buffer.of(0xff, 0xd9)]);
  expect(refusal(sewn)).toMatch(/^face\.jpg: broken JPEG, got ".*" from the decoder/);
});

test("sixteen bytes on which the decoder never ends", () => {
  const endless = Buffer.from("ffd8ffc1f151d800ff51d800ffdaffde", "hex");
  expect(processorSeconds(() => expect(refusal(endless)).toMatch(/truncated JPEG/))).toBeLessThan(0.5);
});

test("a JPEG that claims 65,000 x 65,000 pixels", () => {
  const huge = Buffer.from(someJpeg);
  const frame = huge.indexOf(Buffer.of(0xff, 0xc0));
  huge.writeUInt16BE(65_000, frame + 5);
  huge.writeUInt16BE(65_000, frame + 7);
  expect(refusal(huge)).toMatch(/picture too large, got 65000 x 65000, expected at most 16 megapixels/);
});

test("a JPEG whose few bytes cannot hold the pixels it claims", () => {
  const large = Buffer.from(someJpeg);
  const frame = large.indexOf(Buffer.of(0xff, 0xc0));
  large.writeUInt16BE(4000, frame + 5);
  large.writeUInt16BE(4000, frame + 7);
  expect(refusal(large)).toMatch(/truncated JPEG, got \d+ bytes for 4000 x 4000 pixels/);
});

test("an interlaced PNG that inflates to more than its pixels", () => {
  const bomb = interlacedBomb(50_000_000);
  expect(processorSeconds(() => expect(refusal(bomb)).toMatch(/^face\.jpg: broken PNG/))).toBeLessThan(0.5);
});

test("a PNG that claims 30,000 x 30,000 pixels is refused from its header", () => {
  const huge = png();
  huge.writeUInt32BE(30_000, 16);
  huge.writeUInt32BE(30_000, 20);
  const before = process.memoryUsage().arrayBuffers;
  expect(refusal(huge)).toMatch(/picture too large, got 30000 x 30000, expected at most 16 megapixels/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
});

test("a PNG whose data are too few for its pixels, which the decoder would take from anywhere", () => {
  for (const name of ["PNG of 8 x 8 with a row too few", "PNG without data"]) {
    expect(refusal(bombs[name]!())).toMatch(
      /truncated PNG, got (0|63) bytes of pixels, expected 72 for 8 x 8/,
    );
  }
});

test("a PNG whose second header claims 30,000 x 30,000 pixels", () => {
  expect(refusal(bombs["PNG with two headers"]!())).toMatch(/broken PNG, got "a second header"/);
});

test("a PNG cut anywhere is refused", () => {
  const whole = png();
  for (let length = 8; length < whole.length; length += 7) {
    expect(refusal(whole.subarray(0, length))).toMatch(/^face\.jpg: (truncated|broken) PNG, got .*\. Help: /);
  }
});

test("a PNG with a flipped bit is refused", () => {
  const spoilt = png();
  spoilt[spoilt.length - 30]! ^= 1;
  expect(refusal(spoilt)).toMatch(/^face\.jpg: broken PNG, got ".*" from the decoder/);
});

test("photos are turned the way their EXIF block says", () => {
  // Stored as 3 x 2; what each orientation shows is written out row by row.
  const stored: DecodedImage = { width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const shown = ([1, 2, 3, 4, 5, 6, 7, 8] as const).map((way) => {
    const { width, height, data } = upright(stored, way);
    return `${width}x${height} ${data.join("")}`;
  });
  expect(shown).toEqual([
    "3x2 123456",
    "3x2 321654",
    "3x2 654321",
    "3x2 456123",
    "2x3 142536",
    "2x3 415263",
    "2x3 635241",
    "2x3 362514",
  ]);
  const lying = jpeg.encode({ width: 48, height: 16, data: slope(48, 16) }, 90).data;
  const { width, height } = decodeImage(withOrientation(lying, 6), "upright.jpg");
  expect([width, height]).toEqual([16, 48]);
});

/** An interlaced grey PNG of 8 x 8 pixels whose compressed data are `bytes` zeros. */
function interlacedBomb(bytes: number): Buffer {
  const header = Buffer.from("00000008000000080800000001", "hex");
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const frame = Buffer.alloc(body.length + 8);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    frame.writeUInt32BE(crc32(body), body.length + 4);
    return frame;
  };
  const data = deflateSync(Buffer.alloc(bytes));
  const chunks = [chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), ...chunks]);
}

/** The JPEG with an EXIF block before all other segments. */
function withOrientation(bytes: Buffer, orientation: number): Buffer {
  // Marker and length; "Exif"; a big-endian TIFF header; one entry: tag 0x0112, one SHORT, its value; no more.
  const head = "ffe10022" + "457869660000" + "4d4d002a00000008";
  const exif = Buffer.from(`${head}00010112000300000001000${orientation}000000000000`, "hex");
  return Buffer.concat([bytes.subarray(0, 2), exif, bytes.subarray(2)]);
}
