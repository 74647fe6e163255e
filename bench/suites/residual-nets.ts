/**
 * `residual-nets`: one step (forward, backward, Adam) of the two networks with batch norm, EmotionResNet and
 * EmotionMobileNet.
 */

import { trainingStep } from "../emotion-step.ts";
import { batchFor, compete, noteFor, type Suite } from "../field.ts";
import type { Row } from "../report.ts";

const BATCH = 64;
const NETWORKS = ["resnet", "mobilenet"] as const;

export const residualNets: Suite = async (field) => {
  const rows: Row[] = [];
  for (const network of NETWORKS) {
    const name = `train step, ${network}`;
    const compared = await compete(
      "residual-nets",
      field,
      (bench) => {
        const { device, label, threads } = bench;
        if (device.name === "reference") return null; // a step takes it minutes
        const batch = batchFor(bench, BATCH);
        const run = trainingStep(device, batch, network);
        return { name, device: label, threads, batch, ...noteFor(bench, BATCH), run };
      },
      (peer) => peer.subject(network, BATCH, { name }),
    );
    rows.push(...compared);
  }
  return rows;
};
