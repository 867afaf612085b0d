import { Box, Skeleton, Text } from '@mantine/core';
import { memo, useEffect, useEffectEvent, useRef, useState } from 'react';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { splitTitle, titleHeight } from '../../src-shared/figures/index.ts';
import { ErrorNote } from '../components/feedback/error-note.tsx';
import classes from './figure.module.css';
import type { FigureSource } from './figure-data.ts';
import { FigureMenu } from './figure-menu.tsx';
import { useFigureTheme } from './figure-theme.ts';
import { HoverLayer } from './hover-layer.tsx';
import { ClosestLabel } from './live/closest-label.tsx';
import { type FigurePoint, PlotlyView } from './plotly-view.ts';
import { PointKeys } from './point-keys.tsx';

interface FigureProps {
  figure: FigureSource;
  /** Pixels of title and plot. The figure keeps this height while it loads and whatever it shows. */
  height: number;
  /** What a screen reader calls the figure, and the name of files saved from it. Zoom is kept as long as it stays. */
  name: string;
  /** Under the figure, instead of the figure's own caption; an empty one leaves it out. */
  caption?: string;
  /** Figures of one group show where the pointer is over any of them. */
  hoverGroup?: string;
  /** The figure grows: redrawn on a canvas, at a fraction of what plotly needs. */
  live?: boolean;
  onPointClick?: (point: FigurePoint) => void;
  /** Told the stretch of the x axis that was zoomed or moved to, and null when it shows everything again. */
  onZoom?: (range: readonly [number, number] | null) => void;
}

/** A plotly figure in the window's theme: redrawn at most four times a second, with a menu to copy and save it. */
export const Figure = memo(function Figure(props: FigureProps) {
  const { figure, height, name, caption, hoverGroup, live: isLive = false, onPointClick, onZoom } = props;
  const holder = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLDivElement>(null);
  const view = useRef<PlotlyView | null>(null);
  const theme = useFigureTheme();
  const latest = useRef(figure);
  const [drawn, setDrawn] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const clicked = useEffectEvent((point: FigurePoint) => onPointClick?.(point));
  const zoomed = useEffectEvent((range: readonly [number, number] | null) => onZoom?.(range));
  const shownCaption = caption ?? figure.caption;
  const { title } = splitTitle(figure.layout);
  const plotHeight = height - titleHeight;
  const isClickable = onPointClick !== undefined;

  useEffect(() => {
    const element = holder.current;
    if (!element || !overlay.current) return;
    const created = new PlotlyView(element, overlay.current, {
      onDrawn: () => {
        setDrawn(true);
        setFailure(null);
      },
      onFailed: setFailure,
      onPointClick: (point) => clicked(point),
      onZoom: (range) => zoomed(range),
    });
    view.current = created;
    return () => {
      view.current = null;
      created.dispose();
    };
  }, []);

  useEffect(() => {
    latest.current = figure;
    view.current?.show(figure, { theme, height: plotHeight, name, isLive });
  }, [figure, theme, plotHeight, name, isLive]);

  return (
    <figure className={classes['figure']} aria-label={name}>
      <div className={classes['head']}>
        <div className={classes['title']}>{title}</div>
        <div className={classes['tools']}>
          <FigureMenu name={name} theme={theme} latest={latest} view={view} />
        </div>
      </div>
      <Box className={classes['frame']} style={{ height: plotHeight }}>
        {drawn || failure ? null : <Skeleton className={classes['skeleton']} height={plotHeight - 8} />}
        <div
          ref={holder}
          className={classes['plot']}
          data-clickable={isClickable || undefined}
          style={{ height: plotHeight }}
        />
        <div ref={overlay} className={classes['overlay']} />
        {isLive ? <ClosestLabel plot={holder} figure={figure} axes={() => view.current?.axes() ?? null} /> : null}
        {figure.hover ? (
          <HoverLayer
            plot={holder}
            figure={figure}
            hover={figure.hover}
            group={hoverGroup ?? name}
            geometry={() => view.current?.geometry() ?? null}
            {...(isClickable ? { onClick: clicked } : {})}
          />
        ) : null}
        {isClickable ? (
          <PointKeys
            figure={figure}
            name={name}
            pixelOf={(point) => view.current?.pixelOf(point) ?? null}
            onChoose={clicked}
          />
        ) : null}
      </Box>
      {failure ? (
        <ErrorNote error={new StudioError('internal', `The figure cannot be drawn: ${failure.message}`)} />
      ) : null}
      {shownCaption ? <FigureCaption text={shownCaption} /> : null}
    </figure>
  );
});

const FigureCaption = memo(function FigureCaption({ text }: { text: string }) {
  return (
    <Text component="figcaption" c="dimmed" className={classes['caption'] ?? ''}>
      {text}
    </Text>
  );
});
