/**
 * Python for tests: PyTorch and onnx as partners, where a machine has them. PYTHON names the interpreter.
 */

import { execFileSync } from "node:child_process";

const python = process.env["PYTHON"] ?? "/usr/bin/python3";

/** Runs a program, and returns what it prints. */
export function runPython(code: string, ...args: string[]): string {
  return execFileSync(python, ["-c", code, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Why a module cannot be imported, or null. */
export function whyNoModule(name: string): string | null {
  try {
    runPython(`import ${name}`);
    return null;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    return `${python} has no ${name}: ${(stderr?.trim() || message).split("\n").at(-1)}`;
  }
}
