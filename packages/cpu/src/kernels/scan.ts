/** Host sides of cumsum and argsort. */

import type { HostKernel } from "../launch.ts";
import { runAlongAxis } from "./axis.ts";

export const cumsum: HostKernel<"cumsum"> = (launch, [x, out], { outer, size, inner, reverse }) => {
  launch.expect(x, "float32", "int32");
  launch.expect(out, x.dtype);
  runAlongAxis(launch, "cumsum", [x, null, out], { outer, size, inner, count: 0, flag: reverse }, size);
};

/** Two arrays of entries, of eight bytes each. */
const SCRATCH_BYTES_PER_ELEMENT = 16;

export const argsort: HostKernel<"argsort"> = (launch, [x, indices], { outer, size, inner, descending }) => {
  launch.expect(x, "float32", "int32", "bool");
  launch.expect(indices, "int32");
  launch.scratch(size * SCRATCH_BYTES_PER_ELEMENT);
  // A comparison of sorting costs about what an element costs elsewhere.
  const work = size * Math.ceil(Math.log2(size + 1));
  const params = { outer, size, inner, count: 0, flag: descending };
  runAlongAxis(launch, "argsort", [x, null, indices], params, work);
};
