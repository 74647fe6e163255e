/**
 * A small picture to paint on: shapes in the face's own coordinates, then what light and a camera do to it.
 *
 * The face's coordinates have their origin between eyes and mouth, y pointing down, and the chin at about 1. A
 * `Pose` carries them to pixels, so nobody who draws an eye thinks of rotation. A pixel takes a shape's colour by
 * the share of it that the shape covers, which is read off the signed distance: half a pixel out is 0, half a
 * pixel in is 1.
 */

import type { Colour } from "./colour.ts";
import type { Random } from "./random.ts";
import type { Shape } from "./shapes.ts";

/** Where the face stands in the picture: its centre and scale in pixels, and its rotation. */
export interface Pose {
  readonly centreX: number;
  readonly centreY: number;
  /** Pixels per unit of the face. */
  readonly scale: number;
  readonly cos: number;
  readonly sin: number;
}

/** Lamp and surroundings: a direction towards the lamp (length 1) and how much light comes from where. */
export interface Light {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly ambient: number;
  readonly diffuse: number;
}

/** What the camera does: colour balance, exposure and softness. */
export interface Camera {
  readonly tint: Colour;
  readonly brightness: number;
  readonly contrast: number;
  /** How much of a print in two colours it is: 0 keeps all colours, 1 has only those between ink and paper. */
  readonly print: number;
  readonly ink: Colour;
  readonly paper: Colour;
  /** 0 is sharp, 1 is as soft as the kernel [1 2 1] / 4 makes it. */
  readonly blur: number;
  /** Deviation of the grain; 1 is the whole range from black to white. */
  readonly noise: number;
}

/** A square RGB picture of floats, 0 to 1, that is painted over for every face. */
export class Canvas {
  readonly size: number;
  readonly #red: Float32Array;
  readonly #green: Float32Array;
  readonly #blue: Float32Array;
  readonly #scratch: Float32Array;
  #pose: Pose;

  constructor(size: number) {
    this.size = size;
    this.#red = new Float32Array(size * size);
    this.#green = new Float32Array(size * size);
    this.#blue = new Float32Array(size * size);
    this.#scratch = new Float32Array(size * size);
    this.#pose = { centreX: size / 2, centreY: size / 2, scale: size / 2, cos: 1, sin: 0 };
  }

  /** Where the face stands from now on. */
  place(pose: Pose): void {
    this.#pose = pose;
  }

  /** Fill the picture with a gradient from `top` to `bottom`. */
  backdrop(top: Colour, bottom: Colour): void {
    const size = this.size;
    for (let row = 0; row < size; row++) {
      const share = row / (size - 1);
      const from = row * size;
      this.#red.fill(top[0] + (bottom[0] - top[0]) * share, from, from + size);
      this.#green.fill(top[1] + (bottom[1] - top[1]) * share, from, from + size);
      this.#blue.fill(top[2] + (bottom[2] - top[2]) * share, from, from + size);
    }
  }

  /** Paint a shape over what is there; `opacity` below 1 lets it shine through. */
  paint(shape: Shape, colour: Colour, opacity = 1): void {
    const size = this.size;
    const [red, green, blue] = [this.#red, this.#green, this.#blue];
    const { centreX, centreY, scale, cos, sin } = this.#pose;
    const [r, g, b] = colour;
    const { extent, distance } = shape;
    // The shape's origin in pixels, its box turned with the face, and the box of pixels round that.
    const originX = centreX + scale * (cos * shape.x - sin * shape.y);
    const originY = centreY + scale * (sin * shape.x + cos * shape.y);
    const boxX = (extent.left + extent.right) / 2;
    const boxY = (extent.top + extent.bottom) / 2;
    const middleX = originX + scale * (cos * boxX - sin * boxY);
    const middleY = originY + scale * (sin * boxX + cos * boxY);
    const halfWidth = (scale * (extent.right - extent.left)) / 2;
    const halfHeight = (scale * (extent.bottom - extent.top)) / 2;
    const reachX = cos * halfWidth + Math.abs(sin) * halfHeight + 0.5;
    const reachY = Math.abs(sin) * halfWidth + cos * halfHeight + 0.5;
    const left = Math.max(0, Math.floor(middleX - reachX));
    const right = Math.min(size - 1, Math.floor(middleX + reachX));
    const top = Math.max(0, Math.floor(middleY - reachY));
    const bottom = Math.min(size - 1, Math.floor(middleY + reachY));
    const stepX = cos / scale;
    const stepY = -sin / scale;
    for (let row = top; row <= bottom; row++) {
      const dx = left + 0.5 - originX;
      const dy = row + 0.5 - originY;
      let x = (cos * dx + sin * dy) / scale;
      let y = (cos * dy - sin * dx) / scale;
      for (let index = row * size + left; index <= row * size + right; index++) {
        const covered = 0.5 - distance(x, y) * scale;
        if (covered > 0) {
          const share = covered < 1 ? covered * opacity : opacity;
          red[index]! += (r - red[index]!) * share;
          green[index]! += (g - green[index]!) * share;
          blue[index]! += (b - blue[index]!) * share;
        }
        x += stepX;
        y += stepY;
      }
    }
  }

  /** Light the picture as if the head were an ellipsoid with the given radii; what lies beyond it gets its rim's light. */
  illuminate(light: Light, radiusX: number, radiusY: number): void {
    const size = this.size;
    const [red, green, blue] = [this.#red, this.#green, this.#blue];
    const { centreX, centreY, scale, cos, sin } = this.#pose;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const dx = column + 0.5 - centreX;
        const dy = row + 0.5 - centreY;
        let nx = (cos * dx + sin * dy) / (scale * radiusX);
        let ny = (cos * dy - sin * dx) / (scale * radiusY);
        const square = nx * nx + ny * ny;
        let nz = 0;
        if (square < 1) {
          nz = Math.sqrt(1 - square);
        } else {
          const length = Math.sqrt(square);
          nx /= length;
          ny /= length;
        }
        const toward = light.x * nx + light.y * ny + light.z * nz;
        const strength = light.ambient + light.diffuse * (toward > 0 ? toward : 0.25 * toward);
        const index = row * size + column;
        red[index]! *= strength;
        green[index]! *= strength;
        blue[index]! *= strength;
      }
    }
  }

  /**
   * Develop the picture into bytes: blur, colour balance or print, grain, and the range 0 to 255.
   *
   * @param bytes receives the picture, `[3, size, size]`.
   */
  develop(camera: Camera, random: Random, bytes: Uint8Array): void {
    const count = this.size * this.size;
    const [red, green, blue] = [this.#red, this.#green, this.#blue];
    if (camera.blur > 0) {
      for (const plane of [red, green, blue]) soften(plane, this.#scratch, this.size, camera.blur);
    }
    const grain = this.#scratch;
    fillGrain(grain, camera.noise, random);
    const { tint, contrast, brightness, print, ink, paper } = camera;
    const offset = 127.5 * (1 - contrast) + 255 * brightness;
    const keep = 255 * contrast * (1 - print);
    const [gainR, gainG, gainB] = [keep * tint[0], keep * tint[1], keep * tint[2]];
    const press = 255 * contrast * print;
    const [inkR, inkG, inkB] = [press * ink[0], press * ink[1], press * ink[2]];
    const [stepR, stepG, stepB] = [press * paper[0] - inkR, press * paper[1] - inkG, press * paper[2] - inkB];
    for (let index = 0; index < count; index++) {
      const r = red[index]!;
      const g = green[index]!;
      const b = blue[index]!;
      const light = 0.299 * r + 0.587 * g + 0.114 * b;
      const base = offset + grain[index]!;
      bytes[index] = byte(r * gainR + inkR + stepR * light + base);
      bytes[count + index] = byte(g * gainG + inkG + stepG * light + base);
      bytes[2 * count + index] = byte(b * gainB + inkB + stepB * light + base);
    }
  }
}

/** Normal noise of the given deviation, as grey levels: nearly, for a sum of four uniform bytes is close to a bell. */
function fillGrain(grain: Float32Array, deviation: number, random: Random): void {
  if (deviation === 0) {
    grain.fill(0);
    return;
  }
  const perUnit = (deviation * 255) / FOUR_BYTES_DEVIATION;
  for (let index = 0; index < grain.length; index++) {
    const bits = random.bits();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    grain[index] = (sum - 510) * perUnit;
  }
}

/** The root of four times the variance of a byte, 4 (256^2 - 1) / 12. */
const FOUR_BYTES_DEVIATION = 147.8;

function byte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0;
}

/** Blur in place with the kernel [b/4, 1 - b/2, b/4], along rows and then along columns. */
function soften(plane: Float32Array, scratch: Float32Array, size: number, blur: number): void {
  const side = blur / 4;
  const middle = 1 - blur / 2;
  for (let row = 0; row < size; row++) {
    const from = row * size;
    const to = from + size - 1;
    for (let index = from; index <= to; index++) {
      const before = plane[index > from ? index - 1 : index]!;
      const after = plane[index < to ? index + 1 : index]!;
      scratch[index] = middle * plane[index]! + side * (before + after);
    }
  }
  const count = size * size;
  for (let index = 0; index < count; index++) {
    const before = scratch[index >= size ? index - size : index]!;
    const after = scratch[index < count - size ? index + size : index]!;
    plane[index] = middle * scratch[index]! + side * (before + after);
  }
}
