/**
 * The four emotions, in the order in which they are numbered everywhere: labels, logits, confusion matrices and
 * the folders of a data set. The order is the alphabet's, so a list of class folders sorts into it by itself.
 */

export const EMOTIONS = ["happy", "neutral", "sad", "surprise"] as const;

/** One of the four classes. */
export type Emotion = (typeof EMOTIONS)[number];
