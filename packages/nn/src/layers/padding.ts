/**
 * More pixels around an image, as layers. They have no parameters.
 */

import { ArgumentError, type PadOptions, pad, type Tensor } from "@mien/tensor";
import { Module } from "../module.ts";

/** Pixels on all four sides, or [left, right, top, bottom]; negative numbers cut off. */
export type Padding2d = number | readonly [left: number, right: number, top: number, bottom: number];

/** What the four layers share: how much, and in which way. */
abstract class Pad2d extends Module {
  readonly padding: readonly [number, number, number, number];
  readonly #options: PadOptions;

  constructor(padding: Padding2d, options: PadOptions) {
    super();
    const sides = typeof padding === "number" ? [padding, padding, padding, padding] : padding;
    if (sides.length !== 4 || !sides.every(Number.isInteger)) {
      throw new ArgumentError(
        `${this.constructor.name}: got padding ${padding}, expected a whole number, or four: left, right, top, bottom`,
      );
    }
    this.padding = [sides[0]!, sides[1]!, sides[2]!, sides[3]!];
    this.#options = options;
  }

  /** @param x [N, C, H, W] */
  override forward(x: Tensor): Tensor {
    return pad(x, this.padding, this.#options);
  }
}

/** Zeros around an image. https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html */
export class ZeroPad2d extends Pad2d {
  constructor(padding: Padding2d) {
    super(padding, { value: 0 });
  }
}

/** A number around an image. https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html */
export class ConstantPad2d extends Pad2d {
  constructor(padding: Padding2d, value: number) {
    super(padding, { value });
  }
}

/** The image mirrored at its border. https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html */
export class ReflectionPad2d extends Pad2d {
  constructor(padding: Padding2d) {
    super(padding, { mode: "reflect" });
  }
}

/** The border pixels again and again. https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html */
export class ReplicationPad2d extends Pad2d {
  constructor(padding: Padding2d) {
    super(padding, { mode: "replicate" });
  }
}

/** The image from its other end. https://pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html */
export class CircularPad2d extends Pad2d {
  constructor(padding: Padding2d) {
    super(padding, { mode: "circular" });
  }
}
