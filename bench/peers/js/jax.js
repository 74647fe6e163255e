/**
 * EmotionCNN in jax-js, written as its users would: one jitted function for the step, parameters as a tree.
 *
 *   node jax.js wasm|webgpu
 */

import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
import { provideWebGPU, serve } from "./serve.js";

const backend = process.argv[2] ?? "wasm";
if (backend === "webgpu") await provideWebGPU();
await init(backend);
defaultDevice(backend);

let seed = 0;
const normal = (shape, scale = 1) => random.normal(random.key(seed++), shape).mul(scale);

function parameters() {
  return {
    w1: normal([16, 3, 3, 3], 0.27),
    b1: np.zeros([16]),
    w2: normal([32, 16, 3, 3], 0.12),
    b2: np.zeros([32]),
    w3: normal([32, 18432], 0.01),
    b3: np.zeros([32]),
    w4: normal([4, 32], 0.25),
    b4: np.zeros([4]),
  };
}

function conv(x, w, b) {
  return nn.leakyRelu(lax.convGeneralDilated(x, w, [1, 1], "SAME").add(b.reshape([1, -1, 1, 1])), 0.1);
}

function forward({ w1, b1, w2, b2, w3, b3, w4, b4 }, x) {
  const h = conv(conv(x, w1, b1), w2, b2);
  const batch = h.shape[0];
  const pooled = np.max(h.reshape([batch, 32, 24, 2, 24, 2]), [3, 5]).reshape([batch, 18432]);
  const dense = nn.leakyRelu(np.matmul(pooled, w3.transpose()).add(b3), 0.1);
  return np.matmul(dense, w4.transpose()).add(b4);
}

function loss(params, x, target) {
  return np
    .sum(nn.logSoftmax(forward(params, x)).mul(target), -1)
    .mean()
    .mul(-1);
}

/** Adam with PyTorch's formula; the bias corrections come from outside. */
const step = jit((params, m, v, x, target, stepSize, root) => {
  const [value, grads] = valueAndGrad(loss)(tree.ref(params), x, target);
  const m1 = tree.map((a, g) => a.mul(0.9).add(g.mul(0.1)), m, tree.ref(grads));
  const v1 = tree.map((a, g) => a.mul(0.999).add(g.ref.mul(g).mul(0.001)), v, grads);
  const next = tree.map(
    (p, a, b) => p.sub(a.mul(stepSize.ref).div(np.sqrt(b).div(root.ref).add(1e-8))),
    params,
    tree.ref(m1),
    tree.ref(v1),
  );
  return [value, next, m1, v1];
});

const predict = jit(forward);

await serve("0.1.25", {
  async "train-step"(batch) {
    let params = parameters();
    const zeros = () => tree.map((p) => np.zeros(p.shape), tree.ref(params));
    let m = zeros();
    let v = zeros();
    const x = normal([batch, 3, 48, 48]);
    const target = nn.oneHot(
      np.array(
        Array.from({ length: batch }, (_, i) => i % 4),
        { dtype: np.int32 },
      ),
      4,
    );
    let t = 0;
    return async () => {
      t++;
      const stepSize = np.array(1e-3 / (1 - 0.9 ** t));
      const root = np.array(Math.sqrt(1 - 0.999 ** t));
      let value;
      [value, params, m, v] = step(params, m, v, x.ref, target.ref, stepSize, root);
      await value.data();
      await blockUntilReady(tree.ref(params));
    };
  },
  async inference(batch) {
    const params = parameters();
    const x = normal([batch, 3, 48, 48]);
    return async () => {
      await predict(tree.ref(params), x.ref).data();
    };
  },
});
