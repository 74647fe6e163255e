/**
 * Waiting for one turn of the event loop.
 *
 * A loop that awaits nothing but microtasks never lets timers and finalizers run: what it forgot to dispose would pile
 * up, and no signal would be heard.
 */

let channel: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/** Resolves after timers, messages and finalizers had their turn. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    // In browsers, where setTimeout waits 4 ms when called in a row, a message to oneself is the quickest way round.
    if (!channel) {
      channel = new MessageChannel();
      channel.port1.onmessage = () => waiting.shift()?.();
    }
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}
