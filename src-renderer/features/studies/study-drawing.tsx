import type { ReactNode } from 'react';
import { seriesColors, themeColors } from '../../../src-shared/figures/index.ts';
import { sequentialColor } from '../../../src-shared/figures/palette.ts';
import { useFigureTheme } from '../../plots/figure-theme.ts';

interface Ink {
  readonly coto: string;
  readonly without: string;
  readonly line: string;
  readonly faint: string;
}

const frame = 'M10 6 V56 H114';

/** Sketches a result of each study kind in the figures' own colors. */
const drawings: Readonly<Record<string, (ink: Ink) => ReactNode>> = {
  interpolation: ({ coto, without, line }) => (
    <>
      <path d={frame} stroke={line} />
      <path d="M14 20 C40 20 44 44 62 44 S84 20 110 20" stroke={without} strokeWidth={2.2} strokeDasharray="5 3" />
      <path d="M14 18 C44 18 50 22 62 22 S80 17 110 17" stroke={coto} strokeWidth={2.2} />
    </>
  ),
  plane: ({ coto, line, faint }) => (
    <>
      <path d="M62 6 L106 56 H18 Z" stroke={line} fill={faint} />
      <ellipse cx={62} cy={40} rx={24} ry={12} stroke={coto} />
      <ellipse cx={62} cy={40} rx={13} ry={6} stroke={coto} />
      <circle cx={62} cy={40} r={2.4} fill={coto} stroke="none" />
    </>
  ),
  pruning: ({ coto, without, line }) => (
    <>
      <path d={frame} stroke={line} />
      <path d="M14 14 C50 15 60 24 76 42 L108 53" stroke={without} strokeWidth={2.2} strokeDasharray="5 3" />
      <path d="M14 13 C64 13 78 16 92 30 L108 46" stroke={coto} strokeWidth={2.2} />
    </>
  ),
  contribution: () => (
    <>
      {[0.15, 0.3, 0.2, 0.5, 0.7, 0.35, 0.4, 0.6, 0.9, 0.55, 0.3, 0.75, 0.25, 0.45, 0.65, 1, 0.5, 0.6].map(
        (share, at) => (
          <rect
            key={at}
            x={14 + (at % 6) * 16}
            y={8 + Math.floor(at / 6) * 16}
            width={15}
            height={15}
            fill={sequentialColor(share)}
            stroke="none"
          />
        ),
      )}
    </>
  ),
  merging: ({ coto, without, line }) => (
    <>
      <path d="M12 14 C44 14 50 32 74 32 M12 50 C44 50 50 32 74 32" stroke={without} strokeWidth={2.2} />
      <path d="M74 32 H104 M96 25 L104 32 L96 39" stroke={coto} strokeWidth={2.2} />
      <circle cx={12} cy={14} r={4} fill={without} stroke={line} />
      <circle cx={12} cy={50} r={4} fill={without} stroke={line} />
    </>
  ),
  multitask: ({ coto, line, faint }) => (
    <>
      {[0, 1, 2].map((row) =>
        [0, 1, 2, 3].map((column) => (
          <rect
            key={`${row} ${column}`}
            x={16 + column * 23}
            y={6 + row * 18}
            width={21}
            height={16}
            fill={column === 3 || column === row ? coto : faint}
            fillOpacity={column === 3 ? 0.55 : 1}
            stroke={line}
          />
        )),
      )}
    </>
  ),
  mergeability: ({ coto, line, faint }) => (
    <>
      <path d={frame} stroke={line} />
      <path d="M16 50 L108 14" stroke={line} strokeDasharray="4 3" />
      {['22 44', '34 46', '44 36', '56 40', '62 28', '76 30', '84 18', '100 20'].map((place) => {
        const [x, y] = place.split(' ');
        return <circle key={place} cx={x} cy={y} r={3.4} fill={coto} stroke={faint} />;
      })}
    </>
  ),
  ablation: ({ coto, without, line }) => (
    <>
      <path d={frame} stroke={line} />
      {[
        { x: 26, y: 40, color: without },
        { x: 50, y: 34, color: without },
        { x: 74, y: 24, color: coto },
        { x: 98, y: 18, color: coto },
      ].map(({ x, y, color }) => (
        <g key={x} stroke={color}>
          <path d={`M${x} ${y - 9} V${y + 9} M${x - 4} ${y - 9} h8 M${x - 4} ${y + 9} h8`} />
          <circle cx={x} cy={y} r={4} fill={color} />
        </g>
      ))}
    </>
  ),
  sweep: ({ coto, without, line }) => (
    <>
      <path d={frame} stroke={line} />
      <path d="M16 46 L36 30 L56 22 L76 34 L98 52" stroke={without} strokeWidth={2} strokeDasharray="5 3" />
      <path d="M16 52 L36 40 L56 24 L76 15 L98 30" stroke={coto} strokeWidth={2} />
      <circle cx={76} cy={15} r={4} fill={coto} stroke="none" />
      <circle cx={56} cy={22} r={4} fill={without} stroke="none" />
    </>
  ),
  trajectory: ({ coto, without, line, faint }) => (
    <>
      <path d="M14 48 L38 28 L62 16 L86 12 L110 10 L110 22 L86 22 L62 26 L38 38 L14 54 Z" fill={faint} stroke="none" />
      <path d={frame} stroke={line} />
      <path d="M14 50 L38 24 L62 20 L86 30 L110 42" stroke={without} strokeWidth={2} strokeDasharray="5 3" />
      <path d="M14 51 L38 33 L62 21 L86 17 L110 16" stroke={coto} strokeWidth={2} />
      {['38 33', '62 21', '86 17', '110 16'].map((place) => {
        const [x, y] = place.split(' ');
        return <circle key={place} cx={x} cy={y} r={2.8} fill={coto} stroke="none" />;
      })}
    </>
  ),
};

function anyStudy({ coto, line, faint }: Ink): ReactNode {
  return (
    <>
      <path d={frame} stroke={line} />
      <rect x={22} y={34} width={16} height={22} fill={faint} stroke={line} />
      <rect x={52} y={22} width={16} height={34} fill={faint} stroke={line} />
      <rect x={82} y={12} width={16} height={44} fill={coto} stroke="none" />
    </>
  );
}

/** A small drawing of what a kind of study draws; a new kind has a plain one. */
export function StudyDrawing({ kind, width = 120 }: { kind: string; width?: number }) {
  const theme = useFigureTheme();
  const { coto, without } = seriesColors(theme);
  const { quiet, grid } = themeColors(theme);
  const draw = Object.hasOwn(drawings, kind) ? drawings[kind] : undefined;
  return (
    <svg
      viewBox="0 0 120 64"
      width={width}
      height={(width * 64) / 120}
      fill="none"
      aria-hidden="true"
      focusable="false"
    >
      {(draw ?? anyStudy)({ coto, without, line: quiet, faint: grid })}
    </svg>
  );
}
