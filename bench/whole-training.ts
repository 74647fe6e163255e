/**
 * A process that trains EmotionCNN from start to end, as `mien train` does but without files: what the suite `training`
 * measures.
 *
 *   tsx bench/index.ts whole-training cpu 2 50 all faces
 *
 * A number in place of `all` takes so many faces of each set. Without a folder it takes the built-in faces. Each line of its output says what has just been done.
 */

import { builtInFaces, EmotionCNN, type ImageSet, Trainer } from "@mien/emotion";
import { type DeviceName, Generator, openDevice } from "mien";
// By its path: the front door of @mien/emotion/node brings pictures along, and with them what no bundle can hold.
import { loadFolderCached } from "../packages/emotion/src/node/pixel-cache.ts";

const [name, threads, epochs, most, folder] = process.argv.slice(3);

function take(set: ImageSet): ImageSet {
  const count = most === "all" ? set.count : Math.min(set.count, Number(most));
  const images = set.images.subarray(0, (count / set.count) * set.images.length);
  return { ...set, count, images, labels: set.labels.subarray(0, count) };
}

const faces = folder ? await loadFolderCached(folder, { size: 48 }) : builtInFaces();
const [train, validation] = [take(faces.train), take(faces.validation)];
console.log(`faces ${train.count + validation.count}`);
const device = await openDevice(name as DeviceName, { threads: Number(threads), log: () => undefined });
const model = new EmotionCNN({ device, generator: new Generator(0) });
const trainer = new Trainer(model, { train, validation }, device, {
  epochs: Number(epochs),
  earlyStopping: null,
});
for await (const { record } of trainer.run()) {
  const accuracy = (100 * record.valAccuracy).toFixed(1);
  console.log(`epoch ${record.epoch} ${accuracy}`);
}
device.dispose();
