/**
 * A process that trains until its first step is done, says so, and ends: what the suite `start-up` measures.
 *
 *   tsx bench/index.ts first-step cpu 2 64 "all faces"
 */

import { builtInFaces, EmotionCNN, Trainer } from "@mien/emotion";
import { type DeviceName, Generator, openDevice, type Tensor } from "mien";
import { trainingStep } from "./emotion-step.ts";

const [name, threads, batch, data] = process.argv.slice(3);
const device = await openDevice(name as DeviceName, { threads: Number(threads), log: () => undefined });

/** Lets no second step begin. On a GPU the trainer itself looks at its results only once in many steps. */
class OneStepNet extends EmotionCNN {
  readonly #stop: AbortController;

  constructor(stop: AbortController) {
    super({ device, generator: new Generator(0) });
    this.#stop = stop;
  }

  override forward(images: Tensor): Tensor {
    this.#stop.abort();
    return super.forward(images);
  }
}

if (data === "all faces") {
  const stop = new AbortController();
  const trainer = new Trainer(new OneStepNet(stop), builtInFaces(), device, {
    batchSize: Number(batch),
    signal: stop.signal,
  });
  // Ends when the step's loss has been read.
  for await (const _ of trainer.run());
} else {
  await trainingStep(device, Number(batch))(1);
}
process.stdout.write("done\n");
device.dispose();
