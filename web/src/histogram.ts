// Histograms of /api/status: what happened between two readings, and quantiles of that.
//
// Counts only grow while the gateway runs. Smaller counts, or other bounds, mean that it was
// started again: then the later reading counts from zero. A quantile is interpolated inside its
// bucket; in the last bucket, which has no end, only "more than" can be said. Tested by
// test/histogram.test.ts.
import type { Histogram } from "./types";

export interface Quantile {
  seconds: number;
  above: boolean;
}

export function difference(now: Histogram, before: Histogram | null): Histogram {
  if (!before || before.bounds.join() !== now.bounds.join() || before.count > now.count) return now;
  const counts = now.counts.map((count, i) => count - (before.counts[i] ?? 0));
  if (counts.some((count) => count < 0)) return now;
  const sum = Math.max(0, now.sum - before.sum);
  return { bounds: now.bounds, counts, sum, count: now.count - before.count };
}

// null: nothing was counted.
export function quantile(histogram: Histogram, share: number): Quantile | null {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const wanted = share * total;
  let below = 0;
  for (let i = 0; i < histogram.counts.length; ++i) {
    const count = histogram.counts[i]!;
    if (count > 0 && below + count >= wanted) {
      const low = i === 0 ? 0 : histogram.bounds[i - 1]!;
      const high = histogram.bounds[i];
      if (high === undefined) return { seconds: low, above: true };
      return { seconds: low + ((high - low) * Math.max(0, wanted - below)) / count, above: false };
    }
    below += count;
  }
  return { seconds: histogram.bounds[histogram.bounds.length - 1] ?? 0, above: true };
}

export function formatSeconds(seconds: number): string {
  if (seconds >= 10) return `${seconds.toFixed(0)} s`;
  if (seconds >= 1) return `${seconds.toFixed(1)} s`;
  if (seconds >= 0.01) return `${(seconds * 1e3).toFixed(0)} ms`;
  if (seconds >= 0.001) return `${(seconds * 1e3).toFixed(1)} ms`;
  return `${(seconds * 1e6).toFixed(0)} µs`;
}

export function formatQuantile(value: Quantile | null): string {
  if (!value) return "–";
  return `${value.above ? "> " : ""}${formatSeconds(value.seconds)}`;
}
