/**
 * Shapes as signed distances: how far is a point from the outline, negative inside. One number per pixel is
 * enough to draw a shape with a smooth edge, and shapes combine with `max` (intersection) and `abs` (outline).
 *
 * The distances are approximations which are exact where it matters, at the outline. They use only + - * / and
 * square roots, whose results IEEE 754 fixes to the bit, so a face does not depend on the engine that draws it.
 */

/** A shape with its place: `distance` takes coordinates relative to (`x`, `y`), y pointing down. */
export interface Shape {
  readonly x: number;
  readonly y: number;
  /** Half extents of a box round (`x`, `y`) outside which the shape is not. */
  readonly halfWidth: number;
  readonly halfHeight: number;
  readonly distance: (x: number, y: number) => number;
}

/** An ellipse with the radii `rx` and `ry`. */
export function ellipse(x: number, y: number, rx: number, ry: number): Shape {
  const ix = 1 / rx;
  const iy = 1 / ry;
  // The first step of Newton's method on (x/rx)^2 + (y/ry)^2 = 1, seen from the point.
  const distance = (px: number, py: number): number => {
    const ux = px * ix;
    const uy = py * iy;
    const radius = Math.sqrt(ux * ux + uy * uy);
    const slope = Math.sqrt(ux * ux * ix * ix + uy * uy * iy * iy);
    return slope === 0 ? -Math.min(rx, ry) : (radius * (radius - 1)) / slope;
  };
  return { x, y, halfWidth: rx, halfHeight: ry, distance };
}

/** A head: an ellipse whose lower half narrows towards the chin; `jaw` is 0 for an egg, 0.5 for a pointed chin. */
export function egg(x: number, y: number, rx: number, ry: number, jaw: number): Shape {
  const iy = 1 / ry;
  const distance = (px: number, py: number): number => {
    const uy = py * iy;
    const down = Math.min(1, Math.max(0, uy));
    const ux = px / (rx * (1 - jaw * down * down));
    return (Math.sqrt(ux * ux + uy * uy) - 1) * Math.min(rx, ry);
  };
  return { x, y, halfWidth: rx, halfHeight: ry, distance };
}

/** A rectangle with round corners; the half extents include them. */
export function box(x: number, y: number, halfWidth: number, halfHeight: number, corner = 0): Shape {
  const distance = (px: number, py: number): number => {
    const qx = Math.abs(px) - halfWidth + corner;
    const qy = Math.abs(py) - halfHeight + corner;
    const ox = Math.max(0, qx);
    const oy = Math.max(0, qy);
    return Math.sqrt(ox * ox + oy * oy) + Math.min(0, Math.max(qx, qy)) - corner;
  };
  return { x, y, halfWidth, halfHeight, distance };
}

/** A thick straight line with round ends, from (`x0`, `y0`) to (`x1`, `y1`). */
export function line(x0: number, y0: number, x1: number, y1: number, radius: number): Shape {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const perLength = 1 / (dx * dx + dy * dy + 1e-9);
  const distance = (px: number, py: number): number => {
    const ax = px + dx / 2;
    const ay = py + dy / 2;
    const along = Math.min(1, Math.max(0, (ax * dx + ay * dy) * perLength));
    const ox = ax - along * dx;
    const oy = ay - along * dy;
    return Math.sqrt(ox * ox + oy * oy) - radius;
  };
  return {
    x: (x0 + x1) / 2,
    y: (y0 + y1) / 2,
    halfWidth: Math.abs(dx) / 2 + radius,
    halfHeight: Math.abs(dy) / 2 + radius,
    distance,
  };
}

/** What an arc looks like: a parabola that sags by `sag` (down is positive) and slopes by `tilt`. */
export interface ArcOptions {
  readonly sag: number;
  readonly tilt?: number;
  readonly radius: number;
}

/** A curved stroke, thinner towards its ends, whose ends lie at height `y`: a brow, a lid, a closed mouth. */
export function arc(x: number, y: number, halfWidth: number, options: ArcOptions): Shape {
  const { sag, tilt = 0, radius } = options;
  const perWidth = 1 / halfWidth;
  const distance = (px: number, py: number): number => {
    const t = Math.min(1, Math.max(-1, px * perWidth));
    const beyond = px - t * halfWidth;
    const slope = tilt - 2 * sag * t * perWidth;
    const off = (py - tilt * t * halfWidth - sag * (1 - t * t)) / Math.sqrt(1 + slope * slope);
    return Math.sqrt(off * off + beyond * beyond) - radius * (1 - 0.5 * t * t);
  };
  return {
    x,
    y,
    halfWidth: halfWidth + radius,
    halfHeight: Math.abs(sag) + Math.abs(tilt) * halfWidth + radius,
    distance,
  };
}

/** The space between two arcs with common ends, as an eye or a laughing mouth: `upper` and `lower` are their sags. */
export function lens(
  x: number,
  y: number,
  halfWidth: number,
  upper: number,
  lower: number,
  grow = 0,
  tilt = 0,
): Shape {
  const perWidth = 1 / halfWidth;
  const middle = (upper + lower) / 2;
  const gap = Math.abs(lower - upper) / 2;
  const distance = (px: number, py: number): number => {
    const t = Math.min(1, Math.max(-1, px * perWidth));
    const round = 1 - t * t;
    const slope = 2 * (Math.abs(middle) + gap) * Math.abs(t) * perWidth;
    const off = (Math.abs(py - tilt * px - middle * round) - gap * round) / Math.sqrt(1 + slope * slope);
    return Math.max(off, Math.abs(px) - halfWidth) - grow;
  };
  return {
    x,
    y,
    halfWidth: halfWidth + grow,
    halfHeight: Math.max(Math.abs(upper), Math.abs(lower)) + Math.abs(tilt) * halfWidth + grow,
    distance,
  };
}

/** What two shapes share. */
export function both(a: Shape, b: Shape): Shape {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  return { ...a, distance: (x, y) => Math.max(a.distance(x, y), b.distance(x + dx, y + dy)) };
}

/** The outline of a shape, as a stroke of the given half width. */
export function outline(shape: Shape, radius: number): Shape {
  return {
    ...shape,
    halfWidth: shape.halfWidth + radius,
    halfHeight: shape.halfHeight + radius,
    distance: (x, y) => Math.abs(shape.distance(x, y)) - radius,
  };
}

/** The part of a shape above a height, where it reaches down by `drop` at the sides and leans by `slant`: hair. */
export function above(shape: Shape, height: number, drop = 0, slant = 0): Shape {
  const limit = height - shape.y;
  const square = shape.halfWidth * shape.halfWidth;
  const bend = drop / (square * square);
  return {
    ...shape,
    distance: (x, y) => Math.max(shape.distance(x, y), y - limit - (bend * x * x * x + slant) * x),
  };
}

/** The part of a shape below the given height, where it reaches up by `rise` at the sides: a beard. */
export function below(shape: Shape, height: number, rise = 0): Shape {
  const limit = height - shape.y;
  const bend = rise / (shape.halfWidth * shape.halfWidth);
  return { ...shape, distance: (x, y) => Math.max(shape.distance(x, y), limit - y - bend * x * x) };
}
