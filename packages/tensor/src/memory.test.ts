/**
 * Who frees what: scopes, hands, storage shared by views, and the net beneath.
 */

import { openReference } from "@mien/cpu";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ArgumentError,
  DisposedError,
  keep,
  memoryStats,
  noGrad,
  ones,
  Storage,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "./index.ts";

const device = openReference();
beforeAll(() => setDefaultDevice(device));
afterAll(() => {
  setDefaultDevice(null);
  device.dispose();
});

const live = (): number => device.stats().liveBuffers;
let start = 0;
beforeEach(() => {
  start = live();
});

describe("scope", () => {
  test("frees what was made and not returned", () => {
    using y = scope(() => ones([3]).add(1).mul(2));
    expect(y.disposed).toBe(false);
    expect(live()).toBe(start + 1);
  });

  test("finds what is returned in arrays, maps, sets and plain objects", () => {
    const made = scope(() => ({
      list: [ones([1]), { deep: ones([2]) }] as const,
      map: new Map([["a", ones([3])]]),
      set: new Set([ones([4])]),
      none: null,
      text: "text",
    }));
    const all = [made.list[0], made.list[1].deep, made.map.get("a")!, ...made.set];
    expect(all.map(({ disposed }) => disposed)).toEqual([false, false, false, false]);
    for (const one of all) one.dispose();
    expect(live()).toBe(start);
  });

  test("passes survivors to the scope around it", () => {
    let inner: Tensor | undefined;
    scope(() => {
      inner = scope(() => ones([2]));
      expect(inner.disposed).toBe(false);
    });
    expect(inner!.disposed).toBe(true);
    expect(live()).toBe(start);
  });

  test("leaves alone what was made before it", () => {
    using x = ones([2]);
    scope(() => x.add(1));
    expect(x.disposed).toBe(false);
  });

  test("frees everything when the callback throws", () => {
    expect(() =>
      scope(() => {
        ones([2]);
        scope(() => ones([3]));
        throw new RangeError("mine");
      }),
    ).toThrow(new RangeError("mine"));
    expect(live()).toBe(start);
  });

  test("takes what was freed by hand, and a value returned twice", () => {
    using x = scope(() => {
      const one = ones([1]);
      ones([2]).dispose();
      return [one, one] as const;
    })[0];
    expect(x.disposed).toBe(false);
    expect(live()).toBe(start + 1);
  });

  test("refuses a promise, and frees what was made before it", async () => {
    let failure: unknown = null;
    const late = async () => {
      const x = ones([2]);
      await Promise.resolve();
      try {
        x.add(1);
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    expect(() => scope(late)).toThrow(
      new ArgumentError(
        "scope: the callback returned a promise, expected a synchronous function. " +
          "Help: put the part before each await in a scope of its own, and read values outside of it",
      ),
    );
    expect(() => noGrad(async () => {})).toThrow(
      /^noGrad: the callback returned a promise, expected .* Help: /,
    );
    await new Promise((resolve) => setTimeout(resolve));
    expect(failure).toBeInstanceOf(DisposedError);
    expect(live()).toBe(start);
  });

  test("drops handles, not the values that a returned graph has saved", async () => {
    using x = tensor([2, 3], { requiresGrad: true });
    using loss = scope(() => x.mul(x).exp().sum());
    expect(live()).toBeGreaterThan(start + 2);
    loss.backward();
    expect(live()).toBe(start + 3); // x, loss and the gradient
    expect((await x.grad!.data())[0]).toBeCloseTo(4 * Math.exp(4), 3);
  });

  test("frees a graph that is not returned", () => {
    using x = tensor([2, 3], { requiresGrad: true });
    scope(() => {
      x.mul(x).exp().sum();
    });
    expect(live()).toBe(start + 1);
  });

  test("lets a gradient live that is computed within it", () => {
    using x = tensor([2, 3], { requiresGrad: true });
    scope(() => x.square().sum().backward());
    expect(x.grad!.disposed).toBe(false);
    x.zeroGrad();
    expect(live()).toBe(start + 1);
  });
});

describe("keep", () => {
  test("takes a tensor out of all scopes", () => {
    let kept: Tensor | undefined;
    scope(() => {
      scope(() => {
        kept = keep(ones([2]));
      });
    });
    expect(kept!.disposed).toBe(false);
    kept!.dispose();
    expect(live()).toBe(start);
  });

  test("takes the graph along", () => {
    using x = tensor([2, 3], { requiresGrad: true });
    let loss: Tensor | undefined;
    scope(() => {
      loss = x.square().sum().keep();
    });
    loss!.backward();
    expect(x.grad).not.toBeNull();
    loss!.dispose();
  });
});

describe("handles", () => {
  test("views share memory, which the last of them frees", async () => {
    const x = ones([2, 3]);
    const view = scope(() => x.transpose(0, 1).slice(0, 1));
    expect(view.storage).toBe(x.storage);
    x.dispose();
    expect(Array.from(await view.data())).toEqual([1, 1, 1, 1]);
    expect(live()).toBe(start + 1);
    view.dispose();
    expect(live()).toBe(start);
  });

  test("dispose() may be called twice, and takes the gradient along", () => {
    const x = tensor([1], { requiresGrad: true });
    x.square().backward();
    x.dispose();
    x.dispose();
    expect([x.disposed, x.grad]).toEqual([true, null]);
    expect(x.toString()).toBe("Tensor([1], float32, disposed, requiresGrad)");
  });

  test("a gradient for a leaf that is gone goes nowhere", () => {
    using x = tensor([1], { requiresGrad: true });
    using loss = scope(() => x.mul(tensor([3], { requiresGrad: true })).sum());
    loss.backward();
    expect(live()).toBe(start + 3); // x, loss and the gradient of x
  });

  test("a device that was disposed frees without complaint", () => {
    const brief = openReference();
    const x = ones([2], { device: brief });
    scope(() => {
      ones([3], { device: brief });
      brief.dispose();
    });
    x.dispose();
    expect(x.disposed).toBe(true);
  });

  test("moving to other memory keeps the books of the net", () => {
    const before = memoryStats();
    const x = ones([4]);
    using flat = ones([100]);
    x.moveTo(flat.storage, 8);
    x.dispose();
    expect(memoryStats().uncollectedBytes).toBe(before.uncollectedBytes + 400);
  });
});

test("a storage is freed once", () => {
  const storage = new Storage(device, 8);
  storage.retain().release();
  storage.release();
  expect(() => storage.release()).toThrow(/^internal: release of a freed storage/);
  expect(() => storage.retain()).toThrow(/^internal: retain of a freed storage/);
  expect(live()).toBe(start);
});
