/**
 * The errors a user can meet, as one hierarchy.
 *
 * A message reads `op: fact, got ..., expected ...`, and ends with a help line where there is something to do.
 * Arguments are checked at the API, before any device sees them. A message that begins with `internal:` is a bug
 * of this library, not of the program that uses it.
 */

/** What every error of this library extends, so that one `catch` can tell them from all others. */
export class MienError extends Error {
  override readonly name: string = "MienError";
}

/** Shapes, dimensions or indices that do not fit an operation. */
export class ShapeError extends MienError {
  override readonly name = "ShapeError";
}

/** An element type that an operation or a device does not take. */
export class DTypeError extends MienError {
  override readonly name = "DTypeError";
}

/** A tensor or device that was used after it had been disposed. */
export class DisposedError extends MienError {
  override readonly name = "DisposedError";
}

/** Misuse of automatic differentiation, such as a second `backward()` through a released graph. */
export class GradError extends MienError {
  override readonly name = "GradError";
}

/** A device that is missing, lost, out of memory, or that failed while it ran a kernel. */
export class DeviceError extends MienError {
  override readonly name = "DeviceError";
}

/** A file whose contents are not what they should be: broken, truncated, too large or mislabelled. */
export class DataError extends MienError {
  override readonly name = "DataError";
}

/** An argument out of range: a learning rate below zero, an option that does not exist. */
export class ArgumentError extends MienError {
  override readonly name = "ArgumentError";
}

/** An error of our own making: a state that cannot arise unless this library has a bug. */
export function internal(message: string): Error {
  return new Error(`internal: ${message}`);
}
