/**
 * `replay`: what a training step costs the host, put together anew and replayed.
 *
 * The images are so small that the device has next to nothing to do, but the launches are those of EmotionCNN. On a
 * GPU, handing the work over (`submit`, which is the driver's) is told apart from preparing it (`encode`, ours). On the
 * CPU device the host computes too, so its rows say only what is saved.
 */

import { EmotionCNN } from "@mien/emotion";
import { Adam, capture, crossEntropy, type Device, Generator, randn, scope, tensor } from "mien";
import type { BenchDevice, Suite } from "../field.ts";
import { gpuOf, measure, median, type Subject } from "../measure.ts";
import { type Row, toRow } from "../report.ts";

const BATCH = 4;
const SIZE = 8;

/**
 * Runs steps, waits now and then so that no queue fills up, and tells the milliseconds on the host: as if every step
 * took as long as the middle one, for others on the machine, and the checks of a captured step, are not its cost.
 */
type HostRunner = (count: number) => Promise<{ readonly encode: number; readonly submit: number }>;

const STEPS_BETWEEN_WAITS = 20;

/** Milliseconds of a turn: they count the host's part alone, and a GPU in software takes a hundred times as long. */
const LONGEST_TURN = 10;

function hostRunner(device: Device, step: () => void): HostRunner {
  const submits = watchSubmits(device);
  return async (count) => {
    const encodes: number[] = [];
    const submitted: number[] = [];
    for (let i = 0; i < count; i++) {
      const before = submits.milliseconds;
      const started = performance.now();
      step();
      const whole = performance.now() - started;
      submitted.push(submits.milliseconds - before);
      encodes.push(whole - submitted.at(-1)!);
      if (i % STEPS_BETWEEN_WAITS === STEPS_BETWEEN_WAITS - 1) await device.sync();
    }
    await device.sync();
    return { encode: median(encodes) * count, submit: median(submitted) * count };
  };
}

const watched = new WeakMap<Device, { milliseconds: number }>();

/** The time that a GPU device has spent in its queue's `submit`. */
function watchSubmits(device: Device): { milliseconds: number } {
  const known = watched.get(device);
  if (known) return known;
  const spent = { milliseconds: 0 };
  watched.set(device, spent);
  const queue = gpuOf(device)?.queue;
  if (queue) {
    const submit = queue.submit.bind(queue);
    queue.submit = (buffers) => {
      const started = performance.now();
      submit(buffers);
      spent.milliseconds += performance.now() - started;
    };
  }
  return spent;
}

async function subjectsOf({ device, label, threads }: BenchDevice): Promise<Subject[]> {
  const generator = new Generator(0);
  const model = new EmotionCNN({ device, generator, imageSize: SIZE });
  const images = randn([BATCH, 3, SIZE, SIZE], { device, generator }).keep();
  const labels = tensor(new Int32Array(BATCH), { device, dtype: "int32" }).keep();
  const optimizer = new Adam(model.parameters());
  const step = () => {
    const loss = crossEntropy(model.forward(images), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  };
  const captured = capture(device, step);
  const ways = {
    plain: () => {
      scope(step);
      device.flush();
    },
    replayed: () => captured(),
  };
  const subjects: Subject[] = [];
  for (const [way, run] of Object.entries(ways)) {
    const runner = hostRunner(device, run);
    const { launches, submits } = await countsOf(device, run);
    const common = { device: label, threads, batch: BATCH, note: `${launches} launches, ${submits} submits` };
    const encode = {
      ...common,
      name: `${way} step, encode`,
      run: async (n: number) => (await runner(n)).encode,
    };
    const submit = {
      ...common,
      name: `${way} step, submit`,
      run: async (n: number) => (await runner(n)).submit,
    };
    subjects.push(encode, ...(device.name === "webgpu" ? [submit] : []));
  }
  return subjects;
}

async function countsOf(device: Device, step: () => void): Promise<{ launches: number; submits: number }> {
  for (let i = 0; i < 3; i++) step(); // a captured step is replayed from the fourth call on
  await device.sync(); // until its pipelines are compiled, a GPU submits nothing
  const before = device.stats();
  step();
  const after = device.stats();
  return { launches: after.launches - before.launches, submits: after.submits - before.submits };
}

export const replay: Suite = async ({ devices, options }) => {
  const rows: Row[] = [];
  for (const bench of devices) {
    if (bench.device.name === "reference") continue;
    const turnMs = Math.min(options.turnMs, LONGEST_TURN);
    for (const measurement of await measure(await subjectsOf(bench), { ...options, turnMs }))
      rows.push(toRow("replay", measurement));
  }
  return rows;
};
