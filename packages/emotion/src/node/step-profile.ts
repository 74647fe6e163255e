/**
 * `--profile`: kernel times of some early training steps, as a table in between.
 *
 * The first steps are left out, because much in them happens only once. The profile begins when the trainer first tells
 * of a step, and lasts until it has told of 20 more or the epoch ends, whichever comes first; training goes on meanwhile.
 */

import { type Device, DeviceError, type RunningProfile, startProfile } from "mien";
import type { StepProgress } from "../trainer.ts";

const STEPS = 20;

export class StepProfile {
  readonly #device: Device;
  readonly #say: (line: string) => void;
  #running: { readonly profile: RunningProfile; readonly from: StepProgress } | null = null;
  /** The table on its way, once there is nothing left to time. */
  #told: Promise<void> | null = null;

  constructor(device: Device, say: (line: string) => void) {
    this.#device = device;
    this.#say = say;
  }

  /** To be called when the values of a step were read, so that the device has nothing else to do. */
  step(now: StepProgress): void {
    if (this.#told) return;
    if (!this.#running) {
      if (now.step < now.steps) this.#start(now);
      return;
    }
    const { profile, from } = this.#running;
    if (now.step - from.step < STEPS && now.step < now.steps) return;
    const steps = `steps ${from.step + 1} to ${now.step} of epoch ${now.epoch}`;
    this.#told = profile.stop().then((found) => this.#say(`\nprofile: ${steps}\n${found}\n`));
    this.#told.catch(() => undefined); // `end` tells it
  }

  #start(now: StepProgress): void {
    try {
      this.#running = { profile: startProfile(this.#device), from: now };
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      this.#say(`profile: none, ${error.message}`);
      this.#told = Promise.resolve();
    }
  }

  /** Waits for the table; says so where training was too short for one. */
  async end(): Promise<void> {
    if (!this.#told) {
      await this.#running?.profile.stop();
      this.#say("profile: none, training ended before there were steps to time");
    }
    await this.#told;
  }
}
