/**
 * `train-step`: one step of EmotionCNN (forward, backward, Adam) on a batch that lies on the device, GPU beside CPU.
 */

import { STEP_FLOPS, trainingStep } from "../emotion-step.ts";
import { batchFor, compete, noteFor, type Suite } from "../field.ts";

const BATCH = 64;
const name = "train step";

export const trainStep: Suite = (field) =>
  compete(
    "train-step",
    field,
    (bench) => {
      const { device, label, threads } = bench;
      const batch = batchFor(bench, BATCH);
      const run = trainingStep(device, batch);
      return {
        name,
        device: label,
        threads,
        batch,
        flops: batch * STEP_FLOPS,
        ...noteFor(bench, BATCH),
        run,
      };
    },
    (peer) => peer.subject("train-step", BATCH, { name, flops: BATCH * STEP_FLOPS }),
    (peer) => peer.subject("train-step", BATCH, STEP_FLOPS, name),
  );
