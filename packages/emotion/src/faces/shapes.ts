/**
 * Shapes as signed distances: how far is a point from the outline, negative inside. One number per pixel is
 * enough to draw a shape with a smooth edge, and shapes combine: `max` of two distances is what both share, `abs`
 * of one is its outline.
 *
 * The distances are approximations that are good where it matters, at the outline. They use only + - * / and
 * square roots, whose results IEEE 754 fixes to the bit, so a face does not depend on the engine that draws it.
 */

/** A shape with its place. `distance` and the extents are relative to (`x`, `y`); y points down. */
export interface Shape {
  readonly x: number;
  readonly y: number;
  readonly extent: Extent;
  readonly distance: (x: number, y: number) => number;
}

/** A box outside which a shape is not. */
export interface Extent {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function within(halfWidth: number, halfHeight: number): Extent {
  return { left: -halfWidth, right: halfWidth, top: -halfHeight, bottom: halfHeight };
}

/** An ellipse with the radii `rx` and `ry`. */
export function ellipse(x: number, y: number, rx: number, ry: number): Shape {
  const ix = 1 / (rx * rx);
  const iy = 1 / (ry * ry);
  return {
    x,
    y,
    extent: within(rx, ry),
    // One step of Newton's method towards r(p) = 1, where r is the root of (x/rx)^2 + (y/ry)^2.
    distance: (px, py) => {
      const ux = px * ix;
      const uy = py * iy;
      const square = px * ux + py * uy;
      return (square - Math.sqrt(square)) / Math.sqrt(ux * ux + uy * uy + 1e-12);
    },
  };
}

/** A head: an ellipse whose lower half narrows towards the chin; `jaw` is 0 for none of it, 0.5 for a pointed chin. */
export function egg(x: number, y: number, rx: number, ry: number, jaw: number): Shape {
  const iy = 1 / ry;
  const smaller = Math.min(rx, ry);
  return {
    x,
    y,
    extent: within(rx, ry),
    distance: (px, py) => {
      const uy = py * iy;
      const down = Math.min(1, Math.max(0, uy));
      const width = rx * (1 - jaw * down * down);
      const ux = px / width;
      return (Math.sqrt(ux * ux + uy * uy) - 1) * smaller;
    },
  };
}

/** A rectangle with round corners; the half extents include them. */
export function box(x: number, y: number, halfWidth: number, halfHeight: number, corner = 0): Shape {
  return {
    x,
    y,
    extent: within(halfWidth, halfHeight),
    distance: (px, py) => {
      const qx = Math.abs(px) - halfWidth + corner;
      const qy = Math.abs(py) - halfHeight + corner;
      if (qx <= 0 || qy <= 0) return Math.max(qx, qy) - corner;
      return Math.sqrt(qx * qx + qy * qy) - corner;
    },
  };
}

/** A thick straight line with round ends, from (`x0`, `y0`) to (`x1`, `y1`). */
export function line(x0: number, y0: number, x1: number, y1: number, radius: number): Shape {
  const dx = (x1 - x0) / 2;
  const dy = (y1 - y0) / 2;
  const perSquare = 1 / (dx * dx + dy * dy + 1e-9);
  return {
    x: (x0 + x1) / 2,
    y: (y0 + y1) / 2,
    extent: within(Math.abs(dx) + radius, Math.abs(dy) + radius),
    distance: (px, py) => {
      const along = clampUnit((px * dx + py * dy) * perSquare);
      const ox = px - along * dx;
      const oy = py - along * dy;
      return Math.sqrt(ox * ox + oy * oy) - radius;
    },
  };
}

/** How a curve runs between its ends: a parabola that sags by `sag` (down is positive) on a slope `tilt`. */
export interface ArcOptions {
  readonly sag: number;
  readonly tilt?: number;
  /** Half the width of the stroke. */
  readonly radius: number;
}

/** A curved stroke, thinner towards its ends, which lie at height `y`: a brow, a lid, a closed mouth. */
export function arc(x: number, y: number, halfWidth: number, options: ArcOptions): Shape {
  const { sag, tilt = 0, radius } = options;
  const perWidth = 1 / halfWidth;
  return {
    x,
    y,
    extent: within(halfWidth + radius, Math.abs(sag) + Math.abs(tilt) * halfWidth + radius),
    distance: (px, py) => {
      const t = clampUnit(px * perWidth);
      const beyond = px - t * halfWidth;
      const slope = tilt - 2 * sag * t * perWidth;
      const off = py - tilt * t * halfWidth - sag * (1 - t * t);
      return Math.sqrt((off * off) / (1 + slope * slope) + beyond * beyond) - radius * (1 - 0.5 * t * t);
    },
  };
}

/** The space between two curves with common ends. */
export interface LensOptions {
  /** How far the upper and the lower edge sag in the middle. */
  readonly upper: number;
  readonly lower: number;
  readonly tilt?: number;
  /** Grown by this much on all sides. */
  readonly grow?: number;
}

/** The space between two arcs whose ends meet at height `y`: an eye, a laughing mouth. */
export function lens(x: number, y: number, halfWidth: number, options: LensOptions): Shape {
  const { upper, lower, tilt = 0, grow = 0 } = options;
  const perWidth = 1 / halfWidth;
  const middle = (upper + lower) / 2;
  const gap = Math.abs(lower - upper) / 2;
  const steepest = 2 * (Math.abs(middle) + gap) * perWidth;
  const reach = Math.max(Math.abs(upper), Math.abs(lower)) + Math.abs(tilt) * halfWidth;
  return {
    x,
    y,
    extent: within(halfWidth + grow, reach + grow),
    distance: (px, py) => {
      const t = clampUnit(px * perWidth);
      const bulge = 1 - t * t;
      const slope = steepest * t;
      const off = (Math.abs(py - tilt * px - middle * bulge) - gap * bulge) / Math.sqrt(1 + slope * slope);
      const beyond = Math.abs(px) - halfWidth;
      return Math.max(off, beyond) - grow;
    },
  };
}

/** What two shapes share. */
export function both(a: Shape, b: Shape): Shape {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  const [inA, inB] = [a.distance, b.distance];
  const extent = {
    left: Math.max(a.extent.left, b.extent.left - dx),
    right: Math.min(a.extent.right, b.extent.right - dx),
    top: Math.max(a.extent.top, b.extent.top - dy),
    bottom: Math.min(a.extent.bottom, b.extent.bottom - dy),
  };
  return { x: a.x, y: a.y, extent, distance: (x, y) => Math.max(inA(x, y), inB(x + dx, y + dy)) };
}

/** The outline of a shape, as a stroke with half the width `radius`. */
export function outline(shape: Shape, radius: number): Shape {
  const { x, y, extent, distance } = shape;
  const grown = {
    left: extent.left - radius,
    right: extent.right + radius,
    top: extent.top - radius,
    bottom: extent.bottom + radius,
  };
  return { x, y, extent: grown, distance: (px, py) => Math.abs(distance(px, py)) - radius };
}

/** The part of a shape above a height, where it reaches down by `drop` at the sides and leans by `slant`: hair. */
export function above(shape: Shape, height: number, drop = 0, slant = 0): Shape {
  const { x, y, extent, distance } = shape;
  const limit = height - y;
  const width = extent.right;
  const bend = drop / (width * width * width * width);
  const bottom = Math.min(extent.bottom, limit + Math.max(0, drop) + Math.abs(slant) * width);
  return {
    x,
    y,
    extent: { ...extent, bottom },
    distance: (px, py) => {
      const cube = bend * px * px * px;
      const slope = 4 * cube + slant;
      return Math.max(distance(px, py), (py - limit - (cube + slant) * px) / Math.sqrt(1 + slope * slope));
    },
  };
}

/** The part of a shape below a height, where it reaches up by `rise` at the sides: a beard. */
export function below(shape: Shape, height: number, rise = 0): Shape {
  const { x, y, extent, distance } = shape;
  const limit = height - y;
  const bend = rise / (extent.right * extent.right);
  const top = Math.max(extent.top, limit - Math.max(0, rise));
  return {
    x,
    y,
    extent: { ...extent, top },
    distance: (px, py) => Math.max(distance(px, py), limit - py - bend * px * px),
  };
}

function clampUnit(value: number): number {
  return Math.max(-1, Math.min(1, value));
}
