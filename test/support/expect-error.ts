/**
 * Errors as users see them: the class that a program can catch, and the words that a person reads.
 */

import type { MienError } from "@mien/tensor";
import { expect } from "vitest";

/** Expects an error of one class with a message that begins with one text and contains the others. */
export function expectError(
  run: () => unknown,
  type: new (message?: string) => MienError,
  start: string,
  ...parts: readonly string[]
): void {
  let error: unknown = null;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(type);
  const { message } = error as Error;
  expect(message.slice(0, start.length)).toBe(start);
  for (const part of parts) expect(message).toContain(part);
}
