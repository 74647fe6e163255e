/**
 * `inference`: a forward pass of EmotionCNN for one face, for a training batch, and for many.
 */

import { FORWARD_FLOPS, forwardPass } from "../emotion-step.ts";
import { batchFor, compete, noteFor, type Suite } from "../field.ts";
import type { Row } from "../report.ts";

const BATCHES = [1, 64, 256];
const name = "forward pass";

export const inference: Suite = async (field) => {
  const rows: Row[] = [];
  for (const size of BATCHES) {
    const compared = await compete(
      "inference",
      field,
      (bench) => {
        const { device, label, threads } = bench;
        const batch = batchFor(bench, size);
        // A device that takes fewer images has been measured with them already.
        if (batch !== size && size > BATCHES[1]!) return null;
        if (batch === BATCHES[0] && size > batch) return null;
        const run = forwardPass(device, batch);
        return {
          name,
          device: label,
          threads,
          batch,
          flops: batch * FORWARD_FLOPS,
          ...noteFor(bench, size),
          run,
        };
      },
      (peer) => peer.subject("inference", size, { name, flops: size * FORWARD_FLOPS }),
      (peer) => peer.subject("inference", size, FORWARD_FLOPS, name),
    );
    rows.push(...compared);
  }
  return rows;
};
