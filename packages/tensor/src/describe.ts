/**
 * For messages: what a value is that should have been another.
 */

/** Such as `null`, `"3"`, `[1, 2]`, `a promise` or `a Tensor`. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.length <= 4 ? `[${value.map(describe).join(", ")}]` : "an array";
  if (value instanceof Promise) return "a promise";
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "Object" ? `a ${name}` : "an object";
}
