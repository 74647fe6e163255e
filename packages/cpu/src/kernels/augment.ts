/** Host side of augmentation: one image per chunk. */

import type { HostKernel } from "../launch.ts";

export const augment: HostKernel<"augment"> = (launch, [images, indices, transforms, out], params) => {
  const { batch, channels, hIn, wIn, hOut, wOut, mean, std } = params;
  launch.expect(images, "uint8");
  launch.expect(indices, "int32");
  launch.pointer(images);
  launch.pointer(indices);
  launch.floats(transforms, out);
  launch.ints(channels, hIn, wIn, hOut, wOut);
  for (const value of mean) launch.float(value);
  for (const value of std) launch.float(1 / value);
  // Three planes of floats whose rows are whole vectors, and three of bytes with a border of two pixels.
  const borderedPlane = (wIn + 4) * (hIn + 4) + 16;
  launch.scratch(3 * (4 * hOut * (wOut + 3) + borderedPlane) + 64);
  launch.run("augment", batch);
};
