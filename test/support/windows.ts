/**
 * Windows by slices: what each tap of a convolution or a pooling sees, cut out of the images one tap at a time.
 */

import { concat, full, type Tensor } from "@mien/tensor";

/** Two numbers for the directions, as the options of convolution and pooling have them. */
export const both = (value: number | readonly [number, number] = 1): readonly [number, number] =>
  typeof value === "number" ? [value, value] : value;

export interface Windows {
  readonly size: readonly [number, number];
  readonly stride?: number | readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation?: number | readonly [number, number];
}

/** For each tap of a window, row by row, what it sees: [N, C, H', W'], cut out of the padded images. */
export function taps(
  images: Tensor,
  outside: number,
  { size, stride, padding, dilation }: Windows,
): Tensor[] {
  const [strides, steps] = [both(stride), both(dilation)];
  const padded = [2, 3].reduce((image, dim, i) => {
    const border = full(image.shape.with(dim, padding[i]!), outside, {
      device: image.device,
      dtype: image.dtype,
    });
    return concat([border, image, border], dim);
  }, images);
  const along = (image: Tensor, dim: 2 | 3, tap: number): Tensor => {
    const start = tap * steps[dim - 2]!;
    const left = image.shape[dim]! - steps[dim - 2]! * (size[dim - 2]! - 1);
    return image.slice(dim, start, start + left, strides[dim - 2]!);
  };
  return Array.from({ length: size[0] * size[1] }, (_, tap) =>
    along(along(padded, 2, Math.floor(tap / size[1])), 3, tap % size[1]),
  );
}
