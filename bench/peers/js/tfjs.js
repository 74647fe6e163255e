/**
 * EmotionCNN in TensorFlow.js, written as its users would: a layers model and `trainOnBatch`. Images are NHWC, which is
 * the only layout that its CPU backend trains.
 *
 *   node tfjs.js cpu|wasm|webgpu
 */

import * as tf from "@tensorflow/tfjs";
import { provideWebGPU, serve } from "./serve.js";

const backend = process.argv[2] ?? "cpu";
// It greets its users on the standard output, where the answers go.
console.info = console.warn = () => {};
if (backend === "wasm") {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(new URL("./node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url).pathname);
}
if (backend === "webgpu") {
  await provideWebGPU();
  await import("@tensorflow/tfjs-backend-webgpu");
}
if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend} here`);

function network() {
  const model = tf.sequential();
  const conv = (filters, rest = {}) => tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", ...rest });
  model.add(conv(16, { inputShape: [48, 48, 3] }));
  model.add(tf.layers.leakyReLU({ alpha: 0.1 }));
  model.add(conv(32));
  model.add(tf.layers.leakyReLU({ alpha: 0.1 }));
  model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 32 }));
  model.add(tf.layers.leakyReLU({ alpha: 0.1 }));
  model.add(tf.layers.dense({ units: 4, activation: "softmax" }));
  return model;
}

const workloads = {
  async "train-step"(batch) {
    const model = network();
    model.compile({ optimizer: tf.train.adam(1e-3), loss: "categoricalCrossentropy" });
    const images = tf.randomNormal([batch, 48, 48, 3]);
    const labels = tf.oneHot(
      tf.tensor1d(
        Array.from({ length: batch }, (_, i) => i % 4),
        "int32",
      ),
      4,
    );
    return async () => {
      await model.trainOnBatch(images, labels);
    };
  },
  async inference(batch) {
    const model = network();
    const images = tf.randomNormal([batch, 48, 48, 3]);
    return async () => {
      const out = model.predict(images);
      await out.data();
      out.dispose();
    };
  },
};

// Its WASM backend has no gradient of a convolution.
if (backend === "wasm") delete workloads["train-step"];
await serve(tf.version.tfjs, workloads);
