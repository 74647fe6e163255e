/**
 * Loaded before a program (`node --import`): the process sends itself Ctrl-C at a moment of its own, which no busy
 * machine can shift, as it shifts a signal from outside. MIEN_TEST_INTERRUPT says when, as JSON.
 */

export type Moment =
  /** When its standard output matches this regular expression. */
  | { readonly printed: string }
  /** When it takes its n-th batch of images, counted from 1. */
  | { readonly batch: number };

const moment = JSON.parse(process.env["MIEN_TEST_INTERRUPT"]!) as Moment;
const interrupt = () => process.kill(process.pid, "SIGINT");

if ("printed" in moment) {
  const pattern = new RegExp(moment.printed, "m");
  const write = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
  let printed = "";
  process.stdout.write = (...args: unknown[]) => {
    const before = pattern.test(printed);
    printed += args[0];
    const result = write(...args);
    if (!before && pattern.test(printed)) interrupt();
    return result;
  };
} else {
  const { FaceLoader } = await import("@mien/emotion");
  const { recipe } = FaceLoader.prototype;
  let batches = 0;
  FaceLoader.prototype.recipe = function (...args) {
    if (++batches === moment.batch) interrupt();
    return recipe.apply(this, args);
  };
}
