import { memo } from 'react';

interface SparkLineProps {
  values: ArrayLike<number>;
  width: number;
  height: number;
  color: string;
}

/** A curve without axes, beside a number that says its end. */
export const SparkLine = memo(function SparkLine({ values, width, height, color }: SparkLineProps) {
  return (
    <svg width={width} height={height} aria-hidden style={{ flex: 'none' }}>
      <path d={sparkPath(values, width, height)} fill="none" stroke={color} strokeWidth={1.5} strokeLinejoin="round" />
    </svg>
  );
});

/** One point a pixel at most; the lowest and the highest value touch the edges. */
export function sparkPath(values: ArrayLike<number>, width: number, height: number): string {
  const every = Math.max(1, Math.ceil(values.length / width));
  const shown: number[] = [];
  for (let index = 0; index < values.length; index += every) shown.push(values[index] ?? 0);
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  const room = height - 2;
  return shown
    .map((value, index) => {
      const x = (index * width) / Math.max(1, shown.length - 1);
      const y = 1 + (high === low ? room / 2 : room * (1 - (value - low) / (high - low)));
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
