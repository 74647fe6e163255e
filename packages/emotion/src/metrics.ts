/**
 * Counting hits and misses: the confusion matrix and what is read off it.
 */

import { EMOTIONS } from "./classes.ts";

/** matrix[label][prediction]: how many images of class `label` were taken for `prediction`. */
export function confusionMatrix(labels: Int32Array, predicted: Int32Array): number[][] {
  const matrix = EMOTIONS.map(() => EMOTIONS.map(() => 0));
  labels.forEach((label, i) => {
    matrix[label]![predicted[i]!]! += 1;
  });
  return matrix;
}

export interface ClassScores {
  /** Of the images taken for this class, the share that is of it; 0 where there are none. */
  readonly precision: number;
  /** Of the images of this class, the share that was recognised. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  /** Images of this class. */
  readonly support: number;
}

export interface Report {
  readonly classes: readonly ClassScores[];
  readonly macro: ClassScores;
  readonly weighted: ClassScores;
  readonly accuracy: number;
  readonly support: number;
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** Precision, recall and F1 of each class, their plain mean, and their mean weighted by support. */
export function classificationReport(matrix: readonly (readonly number[])[]): Report {
  const classes = matrix.map((row, c) => {
    const support = row.reduce((sum, n) => sum + n, 0);
    const taken = matrix.reduce((sum, other) => sum + other[c]!, 0);
    const precision = ratio(row[c]!, taken);
    const recall = ratio(row[c]!, support);
    return { precision, recall, f1: ratio(2 * precision * recall, precision + recall), support };
  });
  const support = classes.reduce((sum, scores) => sum + scores.support, 0);
  const mean = (weight: (scores: ClassScores) => number): ClassScores => {
    const over = (key: "precision" | "recall" | "f1") =>
      classes.reduce((sum, scores) => sum + weight(scores) * scores[key], 0);
    return { precision: over("precision"), recall: over("recall"), f1: over("f1"), support };
  };
  return {
    classes,
    macro: mean(() => 1 / classes.length),
    weighted: mean((scores) => ratio(scores.support, support)),
    accuracy: ratio(
      matrix.reduce((sum, row, c) => sum + row[c]!, 0),
      support,
    ),
    support,
  };
}

/** The report as text, in the layout of scikit-learn's classification_report. */
export function formatReport(report: Report): string {
  const number = (value: number) => value.toFixed(2).padStart(10);
  const line = (name: string, { precision, recall, f1, support }: ClassScores) =>
    `${name.padStart(12)}${number(precision)}${number(recall)}${number(f1)}${String(support).padStart(10)}`;
  const head = ["precision", "recall", "f1-score", "support"].map((word) => word.padStart(10)).join("");
  return [
    `${" ".repeat(12)}${head}`,
    "",
    ...EMOTIONS.map((name, c) => line(name, report.classes[c]!)),
    "",
    `${"accuracy".padStart(12)}${" ".repeat(20)}${number(report.accuracy)}${String(report.support).padStart(10)}`,
    line("macro avg", report.macro),
    line("weighted avg", report.weighted),
  ].join("\n");
}

/** The confusion matrix as text: a row per true class, a column per prediction. */
export function formatConfusionMatrix(matrix: readonly (readonly number[])[]): string {
  const cell = (value: string | number) => String(value).padStart(10);
  return [
    `${"true \\ said".padStart(12)}${EMOTIONS.map(cell).join("")}`,
    ...matrix.map((row, c) => `${EMOTIONS[c]!.padStart(12)}${row.map(cell).join("")}`),
  ].join("\n");
}
