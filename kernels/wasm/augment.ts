// Augmentation: picks, warps, recolours and normalises one image per chunk.
//
// The image is first copied into scratch with two zero pixels round it. A place anywhere outside is then clamped into
// that border, and the warp needs no other test: the four neighbours of a place are two loads of two bytes. Places are
// computed in float64, where rounding stays far below what an 8-bit image can show. Contrast needs the mean of the
// whole image, so warp and brightness are one pass into scratch and the rest is a second.

import { bytes } from "./address";
import { joinLow, storeTail, sumLanes } from "./simd";
import { scratch } from "./thread";

const BORDER: i32 = 2;

@unmanaged
class AugmentArgs {
  images: usize;
  indices: usize;
  transforms: usize;
  out: usize;
  channels: i32;
  height: i32;
  width: i32;
  outHeight: i32;
  outWidth: i32;
  meanRed: f32;
  meanGreen: f32;
  meanBlue: f32;
  /** 1 / std */
  scaleRed: f32;
  scaleGreen: f32;
  scaleBlue: f32;

  /** Bytes of a plane of the bordered image, and of a plane of floats whose rows are whole vectors. */
  @inline get borderedPlane(): usize {
    return <usize>((this.width + 2 * BORDER) * (this.height + 2 * BORDER) + 16) & ~15;
  }
  @inline get rowBytes(): usize { return bytes((this.outWidth + 3) & ~3); }
  @inline get floatPlane(): usize { return this.rowBytes * this.outHeight; }
}

/** One image's map and colours: 10 floats. */
@unmanaged
class Transform {
  t0: f32; t1: f32; t2: f32; t3: f32; t4: f32; t5: f32;
  brightness: f32;
  contrast: f32;
  saturation: f32;
  hue: f32;
}

export function augment(args: usize, chunk: i32): void {
  const a = changetype<AugmentArgs>(args);
  const t = changetype<Transform>(a.transforms + <usize>chunk * 40);
  const planes = scratch(), bordered = planes + 3 * a.floatPlane, channels = a.channels;
  const imageBytes = <usize>(channels * a.height * a.width);
  const image = a.images + load<usize>(a.indices + bytes(chunk)) * imageBytes;
  for (let c = 0; c < channels; c++) {
    addBorder(image + c * a.height * a.width, a.width, a.height, bordered + <usize>c * a.borderedPlane);
  }
  const mean = warp(a, t, bordered, planes);
  const out = a.out + bytes(chunk * 3 * a.outHeight * a.outWidth);
  if (channels == 1) finishGrey(a, t, mean, planes, out);
  else finishColour(a, t, mean, planes, out);
}

function addBorder(from: usize, width: i32, height: i32, to: usize): void {
  const pitch = width + 2 * BORDER;
  memory.fill(to, 0, pitch * (height + 2 * BORDER));
  to += BORDER * pitch + BORDER;
  for (let row = 0; row < height; row++, to += pitch) {
    let column = 0;
    for (; column + 16 <= width; column += 16, from += 16) v128.store(to + column, v128.load(from));
    for (; column < width; column++, from++) store<u8>(to + column, load<u8>(from));
  }
}

/** Fills the planes with the warped and brightened image; gives the mean of its grey. */
function warp(a: AugmentArgs, t: Transform, bordered: usize, planes: usize): f32 {
  const pitch = a.width + 2 * BORDER, floatPlane = a.floatPlane, outWidth = a.outWidth;
  const maxColumn = f64x2.splat(a.width), maxRow = f64x2.splat(a.height), least = f64x2.splat(-BORDER);
  const columnStep = f64x2.splat(t.t0), rowStep = f64x2.splat(t.t3);
  const brightness = f32x4.splat(t.brightness), changes = t.brightness != 1;
  const centreX = <f64>(outWidth - 1) / 2, centreY = <f64>(a.outHeight - 1) / 2;
  let total: f64 = 0;
  for (let row = 0; row < a.outHeight; row++) {
    const y = <f64>row - centreY;
    const column0 = f64x2.splat(<f64>t.t1 * y + <f64>t.t2 + <f64>(a.width - 1) / 2);
    const row0 = f64x2.splat(<f64>t.t4 * y + <f64>t.t5 + <f64>(a.height - 1) / 2);
    let to = planes + <usize>row * a.rowBytes, rowTotal = f32x4.splat(0);
    for (let i = 0; i < outWidth; i += 4, to += 16) {
      const x01 = f64x2.add(f64x2.splat(<f64>i - centreX), f64x2(0, 1)), x23 = f64x2.add(x01, f64x2.splat(2));
      const c01 = clamp2(f64x2.add(f64x2.mul(columnStep, x01), column0), least, maxColumn);
      const c23 = clamp2(f64x2.add(f64x2.mul(columnStep, x23), column0), least, maxColumn);
      const r01 = clamp2(f64x2.add(f64x2.mul(rowStep, x01), row0), least, maxRow);
      const r23 = clamp2(f64x2.add(f64x2.mul(rowStep, x23), row0), least, maxRow);
      const left = wholeParts(c01, c23), top = wholeParts(r01, r23);
      const right = fractions(c01, c23), lower = fractions(r01, r23);
      // Where each pixel's upper left neighbour lies in the bordered plane.
      const inBorder = i32x4.add(left, i32x4.splat(BORDER * pitch + BORDER));
      const at = i32x4.add(i32x4.mul(top, i32x4.splat(pitch)), inBorder);
      let grey = f32x4.splat(0);
      for (let c = 0; c < a.channels; c++) {
        let v = sample(bordered + <usize>c * a.borderedPlane, at, pitch, right, lower);
        if (changes) v = clamp01(f32x4.mul(v, brightness));
        v128.store(to + <usize>c * floatPlane, v);
        if (a.channels == 1) grey = v;
        else grey = f32x4.add(grey, f32x4.mul(v, f32x4.splat(c == 0 ? 0.299 : c == 1 ? 0.587 : 0.114)));
      }
      if (i + 4 > outWidth) grey = v128.and(grey, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(outWidth - i)));
      rowTotal = f32x4.add(rowTotal, grey);
    }
    total += <f64>sumLanes(rowTotal);
  }
  return <f32>(total / <f64>(a.outHeight * outWidth));
}

/** The values between the pixels at `at`, `at` + 1 and the same in the next row, in 0..1. */
@inline
function sample(plane: usize, at: v128, pitch: i32, right: v128, lower: v128): v128 {
  const p0 = plane + i32x4.extract_lane(at, 0), p1 = plane + i32x4.extract_lane(at, 1);
  const p2 = plane + i32x4.extract_lane(at, 2), p3 = plane + i32x4.extract_lane(at, 3);
  let upperPairs = v128.load16_lane(p0, i32x4.splat(0), 0);
  upperPairs = v128.load16_lane(p1, upperPairs, 2);
  upperPairs = v128.load16_lane(p2, upperPairs, 4);
  upperPairs = v128.load16_lane(p3, upperPairs, 6);
  let lowerPairs = v128.load16_lane(p0 + pitch, i32x4.splat(0), 0);
  lowerPairs = v128.load16_lane(p1 + pitch, lowerPairs, 2);
  lowerPairs = v128.load16_lane(p2 + pitch, lowerPairs, 4);
  lowerPairs = v128.load16_lane(p3 + pitch, lowerPairs, 6);
  const upper = between(upperPairs, right);
  return f32x4.mul(
    f32x4.add(upper, f32x4.mul(lower, f32x4.sub(between(lowerPairs, right), upper))),
    f32x4.splat(1.0 / 255.0),
  );
}

/** Of each pair of bytes, the value at fraction `right` between them. */
@inline
function between(pairs: v128, right: v128): v128 {
  const a = f32x4.convert_i32x4_s(v128.and(pairs, i32x4.splat(255)));
  const b = f32x4.convert_i32x4_s(i32x4.shr_u(pairs, 8));
  return f32x4.add(a, f32x4.mul(right, f32x4.sub(b, a)));
}

/** A place within the border; a NaN becomes one outside the image. */
@inline
function clamp2(v: v128, least: v128, most: v128): v128 {
  return f64x2.pmax(least, f64x2.pmin(most, v));
}

@inline
function wholeParts(v01: v128, v23: v128): v128 {
  const a = i32x4.trunc_sat_f64x2_s_zero(f64x2.floor(v01)), b = i32x4.trunc_sat_f64x2_s_zero(f64x2.floor(v23));
  return joinLow(a, b);
}

@inline
function fractions(v01: v128, v23: v128): v128 {
  const a = f32x4.demote_f64x2_zero(f64x2.sub(v01, f64x2.floor(v01)));
  const b = f32x4.demote_f64x2_zero(f64x2.sub(v23, f64x2.floor(v23)));
  return joinLow(a, b);
}

@inline
function clamp01(v: v128): v128 {
  return f32x4.pmin(f32x4.pmax(v, f32x4.splat(0)), f32x4.splat(1));
}

/** base + factor * (v - base), clamped. */
@inline
function away(v: v128, base: v128, factor: v128): v128 {
  return clamp01(f32x4.add(base, f32x4.mul(factor, f32x4.sub(v, base))));
}

/** A grey image has neither saturation nor hue; it is written three times. */
function finishGrey(a: AugmentArgs, t: Transform, mean: f32, plane: usize, out: usize): void {
  const contrast = f32x4.splat(t.contrast), changes = t.contrast != 1, base = f32x4.splat(mean);
  const planeBytes = bytes(a.outHeight * a.outWidth);
  for (let row = 0; row < a.outHeight; row++) {
    const from = plane + <usize>row * a.rowBytes, to = out + bytes(row * a.outWidth);
    for (let i = 0; i < a.outWidth; i += 4) {
      const at = bytes(i), count = a.outWidth - i;
      let v = v128.load(from + at);
      if (changes) v = away(v, base, contrast);
      write(to + at, v, a.meanRed, a.scaleRed, count);
      write(to + planeBytes + at, v, a.meanGreen, a.scaleGreen, count);
      write(to + 2 * planeBytes + at, v, a.meanBlue, a.scaleBlue, count);
    }
  }
}

function finishColour(a: AugmentArgs, t: Transform, mean: f32, planes: usize, out: usize): void {
  const base = f32x4.splat(mean), contrast = f32x4.splat(t.contrast), saturation = f32x4.splat(t.saturation);
  const turn = f32x4.splat(6 * t.hue), planeBytes = bytes(a.outHeight * a.outWidth);
  for (let row = 0; row < a.outHeight; row++) {
    const from = planes + <usize>row * a.rowBytes, to = out + bytes(row * a.outWidth);
    for (let i = 0; i < a.outWidth; i += 4) {
      const at = bytes(i), count = a.outWidth - i;
      let r = v128.load(from + at);
      let g = v128.load(from + a.floatPlane + at), b = v128.load(from + 2 * a.floatPlane + at);
      if (t.contrast != 1) {
        r = away(r, base, contrast);
        g = away(g, base, contrast);
        b = away(b, base, contrast);
      }
      if (t.saturation != 1) {
        const red = f32x4.mul(r, f32x4.splat(0.299)), green = f32x4.mul(g, f32x4.splat(0.587));
        const grey = f32x4.add(f32x4.add(red, green), f32x4.mul(b, f32x4.splat(0.114)));
        r = away(r, grey, saturation);
        g = away(g, grey, saturation);
        b = away(b, grey, saturation);
      }
      if (t.hue != 0) {
        const value = f32x4.pmax(r, f32x4.pmax(g, b)), chroma = f32x4.sub(value, f32x4.pmin(r, f32x4.pmin(g, b)));
        const turned = f32x4.add(hueOf(r, g, b, value, chroma), turn);
        r = channelOf(turned, value, chroma, 5);
        g = channelOf(turned, value, chroma, 3);
        b = channelOf(turned, value, chroma, 1);
      }
      write(to + at, r, a.meanRed, a.scaleRed, count);
      write(to + planeBytes + at, g, a.meanGreen, a.scaleGreen, count);
      write(to + 2 * planeBytes + at, b, a.meanBlue, a.scaleBlue, count);
    }
  }
}

/** The hue of a colour in sixths of the circle; 0 for grey. */
@inline
function hueOf(r: v128, g: v128, b: v128, value: v128, chroma: v128): v128 {
  const scale = f32x4.div(f32x4.splat(1), chroma);
  const fromBlue = f32x4.add(f32x4.mul(f32x4.sub(r, g), scale), f32x4.splat(4));
  const fromGreen = f32x4.add(f32x4.mul(f32x4.sub(b, r), scale), f32x4.splat(2));
  const fromRed = f32x4.mul(f32x4.sub(g, b), scale);
  const hue = v128.bitselect(fromGreen, fromBlue, f32x4.eq(value, g));
  return v128.and(v128.bitselect(fromRed, hue, f32x4.eq(value, r)), f32x4.gt(chroma, f32x4.splat(0)));
}

/** A channel is at its full value for a third of the circle, and falls off to both sides. */
@inline
function channelOf(turned: v128, value: v128, chroma: v128, offset: f32): v128 {
  const k = f32x4.add(turned, f32x4.splat(offset));
  const turns = f32x4.floor(f32x4.mul(k, f32x4.splat(1.0 / 6.0)));
  const inCircle = f32x4.sub(k, f32x4.mul(turns, f32x4.splat(6)));
  const height = clamp01(f32x4.pmin(inCircle, f32x4.sub(f32x4.splat(4), inCircle)));
  return f32x4.sub(value, f32x4.mul(chroma, height));
}

/** Normalises and stores up to four values. */
@inline
function write(to: usize, v: v128, mean: f32, scale: f32, count: i32): void {
  const result = f32x4.mul(f32x4.sub(v, f32x4.splat(mean)), f32x4.splat(scale));
  if (count >= 4) v128.store(to, result);
  else storeTail(to, result, count);
}
