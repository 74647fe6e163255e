/**
 * Starts one worker from its source text, in Node or in a browser.
 *
 * A worker file of its own would be lost by bundlers, and Node 20 does not run one in TypeScript: so the source is a
 * string, started from a data: URL in Node and from a Blob elsewhere. `node:worker_threads` is imported only where it
 * exists, by a name that bundlers do not follow.
 */

import type { Worker as NodeWorker } from "node:worker_threads";

/** What a worker is told before it begins. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  readonly controlAddress: number;
  readonly argumentsAddress: number;
  readonly spins: number;
}

export interface WorkerHandle {
  stop(): void;
  /** Whether it has ended: known at once, while this thread waits and hears no events, but only in Node. */
  hasEnded(): boolean;
}

export const inNode: boolean = typeof process === "object" && process.versions?.node !== undefined;

/** Starts a worker; `onEnd` hears once why it ended, if nobody stopped it. */
export async function startWorker(
  source: string,
  start: WorkerStart,
  onEnd: (reason: string) => void,
): Promise<WorkerHandle> {
  return inNode ? startInNode(source, start, onEnd) : startInBrowser(source, start, onEnd);
}

async function startInNode(
  source: string,
  start: WorkerStart,
  onEnd: (reason: string) => void,
): Promise<WorkerHandle> {
  const name = "node:worker_threads";
  const { Worker } = (await import(/* @vite-ignore */ name)) as { Worker: typeof NodeWorker };
  // Without execArgv a worker would load the same hooks (tsx, for one) that its parent was started with.
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { execArgv: [] });
  let stopped = false;
  const end = (reason: string): void => {
    if (!stopped) onEnd(reason);
    stopped = true;
  };
  worker.on("error", (error) => end(error.message));
  worker.on("exit", (code) => end(`exit code ${code}`));
  worker.postMessage(start);
  worker.unref();
  return {
    stop() {
      stopped = true;
      void worker.terminate();
    },
    // Of a thread that is gone, however it went, Node gives the idle time -1.
    hasEnded: () => worker.performance.eventLoopUtilization().idle < 0,
  };
}

function startInBrowser(source: string, start: WorkerStart, onEnd: (reason: string) => void): WorkerHandle {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.onerror = (event) => onEnd(event.message || "it could not be started");
  try {
    worker.postMessage(start);
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    URL.revokeObjectURL(url);
  }
  return { stop: () => worker.terminate(), hasEnded: () => false };
}
