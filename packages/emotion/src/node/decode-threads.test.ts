import { symlink, writeFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { PNG } from "pngjs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { facePng, TemporaryFaces } from "../../../../test/support/temporary-faces.ts";
import { drawFace } from "../faces.ts";
import { decodeFaces } from "./decode-threads.ts";
import { listFaces } from "./face-files.ts";

let faces: TemporaryFaces;

beforeAll(async () => {
  faces = await TemporaryFaces.make(10);
});

afterAll(() => faces.remove());

/** A grey PNG file of `[size, size]` pixels. */
function greyPng(pixels: Uint8Array, size: number): Buffer {
  const picture = new PNG({ width: size, height: size });
  for (const [i, grey] of pixels.entries()) picture.data.set([grey, grey, grey, 255], 4 * i);
  return PNG.sync.write(picture, { colorType: 0 });
}

describe("decodeFaces", () => {
  test("gives the pixels in the order of the files, on one thread and on several", async () => {
    const folder = await listFaces(faces.root);
    const seen: number[] = [];
    const alone = await decodeFaces(folder, 48, { threads: 1, onProgress: (done) => seen.push(done) });
    const together = await decodeFaces(folder, 48, { threads: 3 });
    expect({ ...together, pixels: null }).toEqual({ ...alone, pixels: null });
    expect(Buffer.compare(together.pixels, alone.pixels)).toBe(0);
    expect(alone).toMatchObject({ size: 48, channels: 3, bad: new Map() });
    expect(seen).toEqual([48, 96, 120]);
    // The seeds count up through splits and classes: see TemporaryFaces.
    for (const [index, emotion] of [
      [0, "happy"],
      [19, "neutral"],
      [119, "surprise"],
    ] as const) {
      const length = 3 * 48 * 48;
      expect(alone.pixels.subarray(index * length, (index + 1) * length)).toEqual(drawFace(emotion, index));
    }
  });

  describe("with helpers that have the time to start", () => {
    /** Many files, and a main thread that dawdles until the helper has been sent so many chunks. */
    async function decodeSlowly(send: { readonly mock: { readonly calls: unknown[] } }, chunks: number) {
      const folder = await listFaces(faces.root);
      const files = Array.from({ length: 30 }, () => folder.files).flat();
      const done: number[] = [];
      const onProgress = (count: number) => {
        done.push(count);
        if (send.mock.calls.length < chunks)
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      };
      const { pixels } = await decodeFaces({ ...folder, files }, 48, { threads: 2, onProgress });
      expect(done.at(-1)).toBe(files.length);
      expect(new Set(done).size).toBe(done.length);
      const length = pixels.length / 30;
      for (const copy of [0, 20, 29]) {
        const last = pixels.subarray((copy + 1) * length - 3 * 48 * 48, (copy + 1) * length);
        expect(last).toEqual(drawFace("surprise", 119));
      }
    }

    afterEach(() => vi.restoreAllMocks());

    test("they do their share", async () => {
      const send = vi.spyOn(Worker.prototype, "postMessage");
      await decodeSlowly(send, 3);
      expect(send.mock.calls.length).toBeGreaterThan(2);
    });

    test("what one leaves that dies is done without it", async () => {
      const send = vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker) {
        void this.terminate();
      });
      await decodeSlowly(send, 2);
      expect(send).toHaveBeenCalledTimes(2);
    });
  });

  test("resizes, repeats grey where there are colours, and tells what a file was", async () => {
    await faces.write("train/happy/0.png", facePng("happy", 1000, 96));
    const grey = new Uint8Array(48 * 48).map((_, i) => i % 251);
    await faces.write("train/happy/1.png", greyPng(grey, 48));
    const { pixels, originals, channels } = await decodeFaces(await listFaces(faces.root), 48);
    expect(channels).toBe(3);
    expect([...originals.subarray(0, 9)]).toEqual([96, 96, 3, 48, 48, 1, 48, 48, 3]);
    const second = pixels.subarray(3 * 48 * 48, 6 * 48 * 48);
    for (const plane of [0, 1, 2]) expect(second.subarray(plane * 2304, (plane + 1) * 2304)).toEqual(grey);
  });

  test("a folder of grey files has one channel", async () => {
    const folder = await listFaces(faces.root);
    const files = folder.files.slice(1, 2);
    const { channels, pixels } = await decodeFaces({ ...folder, files }, 24);
    expect(channels).toBe(1);
    expect(pixels.length).toBe(24 * 24);
  });

  test("names what cannot be read, and leaves it out", async () => {
    await faces.write("train/happy/2.png", "not an image");
    await faces.write("train/happy/3.png", "");
    await writeFile(faces.beside("outside.png"), facePng("sad", 1));
    await symlink(faces.beside("outside.png"), faces.path("train/happy/4a.png"));
    await symlink(faces.path("nowhere.png"), faces.path("train/happy/4b.png"));
    const folder = await listFaces(faces.root);
    for (const threads of [1, 2]) {
      const { bad, pixels, originals } = await decodeFaces(folder, 48, { threads });
      expect([...bad.keys()]).toEqual([2, 3, 5, 6]);
      expect(bad.get(2)).toMatch(/^train\/happy\/2\.png: not an image/);
      expect(bad.get(3)).toMatch(/^train\/happy\/3\.png: empty file/);
      expect(bad.get(5)).toMatch(/^train\/happy\/4a\.png: a link that leads out of the data folder/);
      expect(bad.get(6)).toMatch(/^train\/happy\/4b\.png: cannot be read \(ENOENT\)/);
      expect(pixels.length).toBe(118 * 3 * 48 * 48);
      expect([...originals.subarray(6, 12)]).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });
});
