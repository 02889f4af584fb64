/** Of a handful of samples the middle one counts: the slow ones are the machine's other work. */

/** @param {readonly number[]} values @returns {number} NaN of none */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** @param {readonly number[]} values */
export const summary = (values) => ({
  median: median(values),
  min: Math.min(...values),
  samples: values.map((value) => round(value, 3)),
});

/** @param {number} value @param {number} digits */
export const round = (value, digits = 0) => Number(value.toFixed(digits));
