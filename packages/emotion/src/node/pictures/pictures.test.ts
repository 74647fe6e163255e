/**
 * What can be checked of a picture without looking at it: that it is a PNG of a sensible size, that nothing is cut off
 * at its edges, that the same data gives the same bytes on a machine without fonts, and that odd data spoil nothing.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { ArgumentError } from "@mien/tensor";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { calibration } from "../../calibration.ts";
import type { EpochRecord } from "../../trainer.ts";
import { calibrationChart } from "./calibration.ts";
import { classBalanceChart } from "./class-balance.ts";
import { confusionMatrixChart, drawConfusionMatrix } from "./confusion-matrix.ts";
import { contactSheetSvg, drawContactSheet } from "./contact-sheet.ts";
import { type Face, faceSide, faceUrl } from "./face-image.ts";
import { drawPredictions, predictionsSvg } from "./prediction.ts";
import { chartToSvg, openMeasure, svgToPng } from "./render.ts";
import { escapeXml, shorten, wrap } from "./svg.ts";
import { MARGIN, SCALE, TEXT } from "./theme.ts";
import { trainingCurvesChart } from "./training-curves.ts";

const measure = await openMeasure();

function grey(size = 48): Face {
  return { image: Uint8Array.from({ length: size * size }, (_, i) => (7 * i) % 256), channels: 1, size };
}

function history(epochs: number): EpochRecord[] {
  return Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    trainLoss: 1.3 * 0.97 ** i,
    trainAccuracy: 0.9 - 0.4 * 0.97 ** i,
    valLoss: 0.9 + 0.4 * 0.9 ** i,
    valAccuracy: 0.65 - 0.2 * 0.9 ** i - 0.001 * Math.max(0, i - 20),
    learningRate: 0.001 / 2 ** Math.floor(i / 15),
    seconds: 1,
  }));
}

const zeros = [0, 1, 2, 3].map(() => [0, 0, 0, 0]);
const matrix = [
  [27, 3, 1, 1],
  [3, 20, 8, 1],
  [2, 9, 19, 2],
  [0, 0, 0, 0],
];
const longNames = ["contemptuously disgusted", "fear", "neutral or unreadable", "pleasantly surprised"];
const probabilities = [0.9, 0.1, 0, 0, 0.2, 0.5, 0.2, 0.1, 0, 0, 0.3, 0.7];
const predicted = { ...grey(), name: "a face.jpg", probabilities: [0.7, 0.1, 0.15, 0.05] };
const wrong = {
  ...grey(),
  caption: "sad, said surprise 98\u00a0%",
  note: "Training_12345678.jpg",
  colour: "#2a6fb5",
};

const pictures: Readonly<Record<string, () => Promise<string>>> = {
  "confusion matrix, shares": () => chartToSvg(confusionMatrixChart(matrix, { split: "test" })),
  "confusion matrix, counts": () =>
    chartToSvg(confusionMatrixChart(matrix, { split: "test", values: "counts" })),
  "confusion matrix, long names": () =>
    chartToSvg(confusionMatrixChart(matrix, { split: "test", classes: longNames })),
  "confusion matrix, no images": () => chartToSvg(confusionMatrixChart(zeros, { split: "test" })),
  "curves, no epoch": () => chartToSvg(trainingCurvesChart([])),
  "curves, 1 epoch": () => chartToSvg(trainingCurvesChart(history(1))),
  "curves, 50 epochs": () => chartToSvg(trainingCurvesChart(history(50))),
  "curves, 500 epochs": () => chartToSvg(trainingCurvesChart(history(500))),
  "curves, a spoilt epoch": () =>
    chartToSvg(
      trainingCurvesChart([...history(3), { ...history(4)[3]!, valLoss: Number.NaN, trainLoss: Infinity }]),
    ),
  calibration: () => chartToSvg(calibrationChart(calibration(probabilities, [0, 2, 3]), { split: "test" })),
  "calibration, no images": () => chartToSvg(calibrationChart(calibration([], []), { split: "test" })),
  "class balance": () => chartToSvg(classBalanceChart([{ split: "train", counts: [3976, 0, 3982, 3173] }])),
  "one prediction": async () => predictionsSvg([predicted], {}, measure),
  "seven predictions": async () =>
    predictionsSvg(new Array(7).fill(predicted), { classes: longNames }, measure),
  "no prediction": async () => predictionsSvg([], {}, measure),
  "contact sheet": async () =>
    contactSheetSvg(
      {
        title: "Mistakes",
        subtitle: "of 128",
        sections: [{ heading: "sad", cells: new Array(11).fill(wrong) }],
      },
      measure,
    ),
  "contact sheet, empty": async () => contactSheetSvg({ title: "No mistakes", sections: [] }, measure),
};

/** Every text of an SVG, in order; a text of several lines counts as several. */
function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<(?:text|tspan)\b[^>]*>([^<]+)</g)].map((match) => match[1]!);
}

/** Where a mark stands too near to the edge of a picture, or null. */
function markInMargin(png: Uint8Array): string | null {
  const { data, width, height } = PNG.sync.read(Buffer.from(png));
  const margin = (MARGIN / 2) * SCALE;
  for (let y = 0; y < height; y++) {
    const inside = y >= margin && y < height - margin;
    for (let x = 0; x < width; x++) {
      if (inside && x === margin) x = width - margin;
      const at = 4 * (y * width + x);
      if (Math.min(data[at]!, data[at + 1]!, data[at + 2]!) < 255)
        return `${x}, ${y} of ${width} x ${height}`;
    }
  }
  return null;
}

test.each(Object.keys(pictures))(
  "%s: only true numbers, visible texts, and nothing cut off",
  async (name) => {
    const svg = await pictures[name]!();
    expect(svg).not.toMatch(/NaN|undefined|Infinity|null/);
    for (const [text] of svg.matchAll(/<text\b[^>]*>/g)) expect(text).toMatch(/ fill="#/);
    expect(markInMargin(await svgToPng(svg))).toBe(null);
  },
);

test("a confusion matrix shows each share, each count and what it is of", async () => {
  const texts = textsOf(await pictures["confusion matrix, shares"]!());
  expect(texts).toEqual(
    expect.arrayContaining(["true", "predicted", "84.4\u00a0%", "27", "no images", "100\u00a0%"]),
  );
  expect(texts.join(" ")).toContain("test: 96 images");
  expect(texts.join(" ")).toContain("accuracy 68.8\u00a0% (95\u00a0% interval: 58.9\u00a0% to 77.1\u00a0%)");
  expect(texts.filter((text) => text === "no images")).toHaveLength(4);
  const counts = textsOf(await pictures["confusion matrix, counts"]!());
  expect(counts.filter((text) => text === "0")).toHaveLength(5); // four cells and the colour bar
});

test("a confusion matrix that does not fit its classes is refused", () => {
  expect(() => confusionMatrixChart([[1, 2], [3]], { split: "test", classes: ["a", "b"] })).toThrow(
    /confusion matrix: got rows of 2, 1 numbers, expected 2 rows of 2/,
  );
});

test("curves name the best epoch and mark the falls of the learning rate", async () => {
  const svg = await chartToSvg(trainingCurvesChart(history(50)));
  const texts = textsOf(svg).join(" ");
  expect(texts).toContain("50 epochs");
  expect(texts).toMatch(/best epoch \d+: validation accuracy 6\d\.\d/);
  expect(texts).toContain("learning rate 0.001 to 0.000125 (falls at the dotted lines)");
  expect(svg.match(/stroke-dasharray="1,3"/g)).toHaveLength(2 * 3);
  const smooth = history(50).map((record, i) => ({ ...record, learningRate: 0.001 / (i + 1) }));
  expect(await chartToSvg(trainingCurvesChart(smooth))).not.toContain('stroke-dasharray="1,3"');
});

test("a prediction names the file and the winner, whatever stands in the name", async () => {
  const name = 'odd & <b>"\u0007\ud800 name.jpg';
  const svg = predictionsSvg([{ ...predicted, name }], {}, measure);
  expect(textsOf(svg)).toEqual(expect.arrayContaining(["happy, 70.0\u00a0%", "surprise", "5.0\u00a0%"]));
  expect((await drawPredictions([{ ...predicted, name }])).length).toBeGreaterThan(1000);
});

test("a contact sheet keeps to its rows and columns and counts the rest", () => {
  const sheet = { title: "Mistakes", sections: [{ cells: new Array(11).fill(wrong) }], columns: 3, rows: 2 };
  const svg = contactSheetSvg(sheet, measure);
  expect(svg.match(/<image/g)).toHaveLength(6);
  expect(textsOf(svg)).toContain("5 more faces, not shown");
  expect(() => contactSheetSvg({ ...sheet, columns: 0 }, measure)).toThrow(
    /got 2 rows of 0 faces, expected at least 1/,
  );
});

test("the same data gives the same bytes", async () => {
  const draw = () => drawConfusionMatrix(matrix, { split: "test" });
  expect(Buffer.compare(await draw(), await draw())).toBe(0);
});

test("a machine without fonts draws the same", async () => {
  const sheet = { title: "Fonts: Äß & “…”", sections: [] };
  const here = createHash("sha256")
    .update(await drawContactSheet(sheet))
    .digest("hex");
  const program = `
    import { createHash } from "node:crypto";
    import { drawContactSheet } from ${JSON.stringify(new URL("contact-sheet.ts", import.meta.url).href)};
    console.log(createHash("sha256").update(await drawContactSheet(${JSON.stringify(sheet)})).digest("hex"));`;
  const environment = { ...process.env, FONTCONFIG_FILE: "/dev/null", HOME: "/nonexistent", LC_ALL: "de_DE" };
  const there = execFileSync(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", program],
    {
      env: environment,
      encoding: "utf8",
    },
  );
  expect(there.trim()).toBe(here);
});

test("a face keeps its pixels and colours", () => {
  const image = Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120);
  const url = faceUrl({ image, channels: 3, size: 2 });
  const { data } = PNG.sync.read(Buffer.from(url.slice(url.indexOf(",") + 1), "base64"));
  expect([...data]).toEqual([10, 50, 90, 255, 20, 60, 100, 255, 30, 70, 110, 255, 40, 80, 120, 255]);
  expect(() => faceUrl({ image, channels: 1, size: 2 })).toThrow(ArgumentError);
  expect([48, 64, 128, 224].map((size) => faceSide(size, 96))).toEqual([96, 96, 128, 112]);
});

test("a picture that no viewer could show is refused", async () => {
  await expect(
    svgToPng('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="9000"/>'),
  ).rejects.toThrow(/too large, got 20 x 18000 pixels, expected at most 16384 a side/);
});

test("long texts are cut in the middle or broken at spaces", () => {
  const style = TEXT.label;
  const cut = shorten("Training_1234567890_of_a_very_long_name.jpg", 100, style, measure);
  expect(cut).toMatch(/^Train.*….*\.jpg$/);
  expect(measure(cut, style)).toBeLessThanOrEqual(100);
  expect(shorten("short", 100, style, measure)).toBe("short");
  const lines = wrap("sad, said surprise 98 %\nand more", 80, style, measure);
  expect(lines.at(-1)).toBe("and more");
  for (const line of lines) expect(measure(line, style)).toBeLessThanOrEqual(80);
  expect(escapeXml('<a href="&">')).toBe("&#60;a href=&#34;&#38;&#34;&#62;");
});
