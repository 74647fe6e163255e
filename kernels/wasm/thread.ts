// What a thread knows about itself. Every thread has its own instance of this module, over one shared memory; globals
// are private to an instance, memory is common.
//
// The first 8 KiB of memory are not the compiler's: the host keeps there the control block (worker.js reads it too)
// and the argument block of the kernel that is running.

/** Where the control block lies; see packages/cpu/src/threads.ts. */
const CONTROL: usize = 256;
const SCRATCH_BASE: usize = CONTROL + 256;
const SCRATCH_SIZE: usize = CONTROL + 260;

let thread: u32 = 0;

/** Tells this instance which thread it serves. */
export function setThread(index: u32): void {
  thread = index;
}

/** The first address that belongs to no constant of this module: the host's heap begins here. */
export function heapStart(): usize {
  return __heap_base;
}

/** This thread's own memory, as large as the host has announced for the running kernel. */
export function scratch(): usize {
  return load<usize>(SCRATCH_BASE) + thread * load<u32>(SCRATCH_SIZE);
}
