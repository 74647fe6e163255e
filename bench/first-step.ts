/**
 * A process that trains until its first step is done, says so, and ends: what the suite `start-up` measures.
 *
 *   tsx bench/first-step.ts cpu 2 "all faces"
 */

import { builtInFaces, EmotionCNN, Trainer } from "@mien/emotion";
import { type DeviceName, Generator, openDevice } from "mien";
import { trainingStep } from "./emotion-step.ts";

const [name, threads, data] = process.argv.slice(2);
const device = await openDevice(name as DeviceName, { threads: Number(threads), log: () => undefined });

if (data === "all faces") {
  const model = new EmotionCNN({ device, generator: new Generator(0) });
  const stop = new AbortController();
  const trainer = new Trainer(model, builtInFaces(), device, {
    signal: stop.signal,
    onStep: () => stop.abort(),
  });
  for await (const _ of trainer.run());
} else {
  await trainingStep(device, 64)(1);
}
process.stdout.write("done\n");
device.dispose();
