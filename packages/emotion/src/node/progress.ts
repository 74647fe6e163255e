/**
 * The progress bar of an epoch, on standard error. Where that is no terminal, nothing but the epoch lines is printed.
 */

import { SingleBar } from "cli-progress";
import type { EpochRecord, StepProgress } from "../trainer.ts";

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export class EpochProgress {
  readonly #epochs: number;
  readonly #enabled: boolean;
  #bar: SingleBar | null = null;
  #started = 0;

  constructor(epochs: number, quiet: boolean) {
    this.#epochs = epochs;
    this.#enabled = !quiet && process.stderr.isTTY === true;
  }

  /** Shows the state after a step. */
  step({ epoch, step, steps, images, loss, accuracy }: StepProgress): void {
    if (!this.#enabled) return;
    if (!this.#bar) {
      this.#bar = new SingleBar({
        format:
          `epoch {epoch}/${this.#epochs} {bar} {value}/{total} | loss {loss} | accuracy {accuracy} | ` +
          "{speed} images/s | {eta_formatted} left",
        barCompleteChar: "━",
        barIncompleteChar: " ",
        barsize: 24,
        stream: process.stderr,
        hideCursor: true,
        linewrap: false,
        clearOnComplete: true,
        fps: 5,
        etaBuffer: 50,
      });
      this.#started = performance.now();
      this.#bar.start(steps, 0, { epoch, loss: "-", accuracy: "-", speed: "-" });
    }
    const seconds = (performance.now() - this.#started) / 1000;
    this.#bar.update(step, {
      epoch,
      loss: loss.toFixed(4),
      accuracy: percent(accuracy),
      speed: (images / Math.max(seconds, 1e-3)).toFixed(0),
    });
  }

  /** Removes the bar, so that a line can be printed. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  /** The line that stays of an epoch. */
  line(record: EpochRecord, isBest: boolean): string {
    const { epoch, trainLoss, trainAccuracy, valLoss, valAccuracy, learningRate, seconds } = record;
    return (
      `epoch ${String(epoch).padStart(String(this.#epochs).length)}/${this.#epochs}` +
      `  train loss ${trainLoss.toFixed(4)} accuracy ${percent(trainAccuracy)}` +
      `  validation loss ${valLoss.toFixed(4)} accuracy ${percent(valAccuracy)}` +
      `  lr ${learningRate.toPrecision(1)}  ${seconds.toFixed(1)} s${isBest ? "  best" : ""}`
    );
  }
}
