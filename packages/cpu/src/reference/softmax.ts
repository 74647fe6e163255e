/**
 * Softmax, and the cross-entropy that stands on it.
 *
 * exp overflows early, but softmax does not change when a constant is taken from all logits: with the largest taken
 * away no exponent is above 0. Cross-entropy never computes the softmax and then its logarithm, but the logarithm
 * directly: log p = x - max - log(sum of exp(x - max)), which stays exact where p itself would round to 0.
 */

import type { TypedArray } from "@mien/tensor";
import type { Arrays, Params } from "./kernel.ts";

/** The log-probabilities of `size` logits which begin at `start` and lie `step` apart. */
function logProbabilities(x: TypedArray, start: number, size: number, step: number): Float64Array {
  const logits = Float64Array.from({ length: size }, (_, i) => x[start + i * step]!);
  const max = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const sumOfExp = logits.reduce((sum, logit) => sum + Math.exp(logit - max), 0);
  return logits.map((logit) => logit - max - Math.log(sumOfExp));
}

/** The log-probabilities of a row of the cross-entropy, which may be what its logits are. */
function rowOf(
  logits: TypedArray,
  row: number,
  { classes, inner, normalized }: Params<"crossEntropy">,
): { start: number; logP: Float64Array } {
  const start = Math.floor(row / inner) * classes * inner + (row % inner);
  const given = () => Float64Array.from({ length: classes }, (_, c) => logits[start + c * inner]!);
  return { start, logP: normalized ? given() : logProbabilities(logits, start, classes, inner) };
}

export function softmax([x, out]: Arrays<"softmax">, { outer, size, inner, log }: Params<"softmax">): void {
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * size * inner + (row % inner);
    logProbabilities(x, start, size, inner).forEach((logP, i) => {
      out[start + i * inner] = log ? logP : Math.exp(logP);
    });
  }
}

export function softmaxGrad(
  [gradOut, y, gradX]: Arrays<"softmaxGrad">,
  { outer, size, inner, log }: Params<"softmaxGrad">,
): void {
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * size * inner + (row % inner);
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const at = start + i * inner;
      sum += log ? gradOut[at]! : gradOut[at]! * y[at]!;
    }
    for (let i = 0; i < size; i++) {
      const at = start + i * inner;
      gradX[at] = log ? gradOut[at]! - Math.exp(y[at]!) * sum : (gradOut[at]! - sum) * y[at]!;
    }
  }
}

export function crossEntropy(
  [logits, targets, weight, terms, summary]: Arrays<"crossEntropy">,
  params: Params<"crossEntropy">,
): void {
  const { outer, classes, inner, ignoreIndex, labelSmoothing } = params;
  const count = outer * inner;
  const weightOf = (c: number): number => (weight === null ? 1 : weight[c]!);
  for (let row = 0; row < count; row++) {
    const target = targets[row]!;
    const isClass = target >= 0 && target < classes;
    let loss = Number.NaN;
    let targetWeight = Number.NaN;
    let hit = false;
    if (target === ignoreIndex) {
      loss = 0;
      targetWeight = 0;
    } else if (isClass) {
      const { start, logP } = rowOf(logits, row, params);
      // NaN is on neither side of a comparison, so it lets no target be the largest.
      hit = logP.every((_, c) => {
        const [own, other] = [logits[start + target * inner]!, logits[start + c * inner]!];
        return c < target ? own > other : own >= other;
      });
      targetWeight = weightOf(target);
      loss = -targetWeight * (1 - labelSmoothing) * logP[target]!;
      if (labelSmoothing > 0) {
        // The smoothed part asks for every class a little.
        logP.forEach((value, c) => {
          loss -= (labelSmoothing / classes) * weightOf(c) * value;
        });
      }
    }
    terms[row] = loss;
    terms[count + row] = targetWeight;
    terms[2 * count + row] = Number(hit);
  }
  if (summary === null) return;
  let [losses, weights, hits] = [0, 0, 0];
  for (let row = 0; row < count; row++) {
    losses += terms[row]!;
    weights += terms[count + row]!;
    hits += terms[2 * count + row]!;
  }
  summary[0] = losses / weights;
  summary[1] = weights;
  summary[2] = hits;
}

/**
 * With p the softmax of the logits, d nll(t) / d logit[c] = p[c] - [c = t]: what the model says less what is true.
 * Label smoothing adds the same for every class, each with its own small factor. Of log-probabilities only the truth
 * is left: nobody normalised them here.
 */
export function crossEntropyGrad(
  [logits, targets, weight, scale, divisor, gradLogits]: Arrays<"crossEntropyGrad">,
  params: Params<"crossEntropyGrad">,
): void {
  const { outer, classes, inner, ignoreIndex, labelSmoothing, normalized, scaleStride } = params;
  const weightOf = (c: number): number => (weight === null ? 1 : weight[c]!);
  for (let row = 0; row < outer * inner; row++) {
    const target = targets[row]!;
    const isClass = target >= 0 && target < classes;
    const { start, logP } = rowOf(logits, row, params);
    const p = logP.map((value) => (normalized ? 0 : Math.exp(value)));
    // The loss is the sum of factors[c] * nll(c).
    const factors = p.map(
      (_, c) =>
        (c === target ? weightOf(c) * (1 - labelSmoothing) : 0) + (labelSmoothing / classes) * weightOf(c),
    );
    const sumOfFactors = factors.reduce((sum, factor) => sum + factor, 0);
    for (let c = 0; c < classes; c++) {
      const factor = (scale?.[row * scaleStride] ?? 1) / (divisor?.[0] ?? 1);
      const gradient = (sumOfFactors * p[c]! - factors[c]!) * factor;
      const known = target === ignoreIndex ? 0 : Number.NaN;
      gradLogits[start + c * inner] = isClass && target !== ignoreIndex ? gradient : known;
    }
  }
}
