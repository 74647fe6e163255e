/**
 * Whether a model knows how sure it may be.
 *
 * A model is calibrated when, of all the images it called with 80 % confidence, 80 % are right. To see that, images
 * are sorted into bins by confidence (the probability of the likeliest class), and each bin's mean confidence is held
 * against its accuracy. The mean distance, weighted by the images in each bin, is the expected calibration error.
 */

import { ArgumentError } from "@mien/tensor";

/** The images whose confidence lies in (low, high]. Means are 0 where the bin is empty. */
export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly hits: number;
  /** Mean confidence of these images. */
  readonly confidence: number;
  /** The share of them that was right. */
  readonly accuracy: number;
}

export interface Calibration {
  readonly bins: readonly CalibrationBin[];
  /** Expected calibration error, 0 to 1: the mean of |accuracy - confidence| over the bins, weighted by count. */
  readonly ece: number;
  /** Mean confidence over all images. */
  readonly confidence: number;
  /** The share of all images that was right. */
  readonly accuracy: number;
  readonly count: number;
}

/**
 * Sorts predictions into bins of equal width and measures the expected calibration error.
 *
 * Source: Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", 2017, section 2.
 *
 * @param probabilities `[N, K]`, row by row
 * @param labels `[N]`, 0 to K - 1
 * @throws ArgumentError when the lengths do not fit, or a row's largest probability is not in 0..1
 */
export function calibration(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 10,
): Calibration {
  const count = labels.length;
  const classes = count === 0 ? 1 : probabilities.length / count;
  if (!Number.isInteger(classes) || (count > 0 && classes < 1)) {
    throw new ArgumentError(
      `calibration: probabilities do not fit the labels, got ${probabilities.length} for ${count} labels, ` +
        "expected a row of the same length for each",
    );
  }
  if (!Number.isInteger(bins) || bins < 1) {
    throw new ArgumentError(`calibration: got ${bins} bins, expected a whole number from 1`);
  }
  const sums = Array.from({ length: bins }, () => ({ count: 0, hits: 0, confidence: 0 }));
  for (let i = 0; i < count; i++) {
    const { best, confidence } = top(probabilities, i * classes, classes);
    if (!(confidence >= 0 && confidence <= 1)) {
      throw new ArgumentError(`calibration: got a probability of ${confidence} in row ${i}, expected 0 to 1`);
    }
    const bin = sums[Math.max(0, Math.ceil(confidence * bins) - 1)]!;
    bin.count += 1;
    bin.hits += best === labels[i] ? 1 : 0;
    bin.confidence += confidence;
  }
  const total = (pick: (bin: (typeof sums)[number]) => number) =>
    sums.reduce((sum, bin) => sum + pick(bin), 0);
  const mean = (sum: number, over: number) => (over === 0 ? 0 : sum / over);
  return {
    bins: sums.map((bin, m) => ({
      low: m / bins,
      high: (m + 1) / bins,
      count: bin.count,
      hits: bin.hits,
      confidence: mean(bin.confidence, bin.count),
      accuracy: mean(bin.hits, bin.count),
    })),
    // count / N * |hits / count - confidences / count|: the count falls out
    ece: mean(
      total((bin) => Math.abs(bin.hits - bin.confidence)),
      count,
    ),
    confidence: mean(
      total((bin) => bin.confidence),
      count,
    ),
    accuracy: mean(
      total((bin) => bin.hits),
      count,
    ),
    count,
  };
}

/** The likeliest class of a row and its probability. float32 rounding may lift a certainty a hair above 1. */
function top(
  probabilities: ArrayLike<number>,
  start: number,
  classes: number,
): { best: number; confidence: number } {
  let best = 0;
  for (let c = 1; c < classes; c++) {
    if (probabilities[start + c]! > probabilities[start + best]!) best = c;
  }
  const confidence = probabilities[start + best]!;
  return { best, confidence: confidence > 1 && confidence < 1 + 1e-5 ? 1 : confidence };
}
