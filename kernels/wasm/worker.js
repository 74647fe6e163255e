// A worker of the CPU device, in Node (worker_threads) and in browsers. Its first message brings the module, the shared
// memory and its number; from then on it never returns to its event loop, but waits for work inside the memory.
//
// The words of the control block are those of packages/cpu/src/control.ts. A chunk is claimed by counting REMAINING
// down. Kernel and chunk count are read after a claim has succeeded: until that chunk is done the host cannot begin
// another launch, so even a worker that wakes up late finds words that belong together.

const SEQUENCE = 0, SLEEPERS = 1, REMAINING = 16, DONE = 32, KERNEL = 48, COUNT = 49, DEAD = 50;

const inNode = typeof process === "object" && process.versions?.node !== undefined;
if (inNode) import("node:worker_threads").then(({ parentPort }) => parentPort.once("message", serve));
else self.onmessage = (event) => serve(event.data);

function serve({ module, memory, thread, controlAddress, argumentsAddress, spins }) {
  const control = new Int32Array(memory.buffer, controlAddress, 64);
  // The host may be waiting for a chunk of ours, and hears no events meanwhile.
  const fail = () => {
    Atomics.store(control, DEAD, 1);
    Atomics.notify(control, DONE);
  };
  if (inNode) process.on("exit", fail);
  try {
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    instance.exports.setThread(thread);
    const kernels = Object.values(instance.exports).filter((member) => typeof member === "function");
    for (let seen = 0; ; seen = waitForWork(control, seen, spins)) {
      for (let left = Atomics.load(control, REMAINING); left > 0; left = Atomics.load(control, REMAINING)) {
        if (Atomics.compareExchange(control, REMAINING, left, left - 1) !== left) continue;
        const count = control[COUNT];
        kernels[control[KERNEL]](argumentsAddress, count - left);
        if (Atomics.add(control, DONE, 1) === count - 1) Atomics.notify(control, DONE);
      }
    }
  } catch (error) {
    fail();
    throw error;
  }
}

/** Looks for a new launch for a moment, then sleeps until there is one. */
function waitForWork(control, seen, spins) {
  for (let i = 0; i < spins; i++) {
    const sequence = Atomics.load(control, SEQUENCE);
    if (sequence !== seen) return sequence;
  }
  Atomics.add(control, SLEEPERS, 1);
  Atomics.wait(control, SEQUENCE, seen);
  Atomics.sub(control, SLEEPERS, 1);
  return Atomics.load(control, SEQUENCE);
}
