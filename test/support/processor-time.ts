/**
 * The processor's time, for tests that something is soon done: unlike a clock it does not go on while other programs
 * run, or while a machine stalls.
 */

/** For how many seconds this process works while `body` runs, in all its threads. */
export function processorSeconds(body: () => void): number {
  const before = process.cpuUsage();
  body();
  return secondsSince(before);
}

/** For how many seconds this process has worked since `process.cpuUsage()` gave `before`. */
export function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
