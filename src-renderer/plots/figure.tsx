import { ActionIcon, Box, Modal, Skeleton, Text } from '@mantine/core';
import { useViewportSize } from '@mantine/hooks';
import { IconMaximize } from '@tabler/icons-react';
import { memo, useEffect, useEffectEvent, useMemo, useReducer, useRef, useState } from 'react';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { splitTitle, titleHeight } from '../../src-shared/figures/index.ts';
import { ErrorNote } from '../components/feedback/error-note.tsx';
import { GlossaryText } from '../components/help/glossary-text.tsx';
import { figureStrings } from '../strings/figures.ts';
import classes from './figure.module.css';
import type { FigureSource } from './figure-data.ts';
import { FigureMenu } from './figure-menu.tsx';
import { constantFigure, type GrowingFigure } from './figure-source.ts';
import { useFigureTheme } from './figure-theme.ts';
import { HoverLayer } from './hover-layer.tsx';
import { ClosestLabel } from './live/closest-label.tsx';
import { type FigurePoint, PlotlyView } from './plotly-view.ts';
import { PointKeys } from './point-keys.tsx';

interface FigureProps extends FrameProps {
  figure: FigureSource;
}

interface GrowingProps extends FrameProps {
  /** The same until it is another figure: that it grows is told by itself. */
  source: GrowingFigure;
}

interface FrameProps {
  /** Pixels of title and plot. The figure keeps this height while it loads and whatever it shows. */
  height: number;
  /** Accessible name of the figure, and name of files saved from it. Zoom is kept while the name is unchanged. */
  name: string;
  /** Under the figure, instead of the figure's own caption; an empty one leaves it out. */
  caption?: string;
  /** Figures of one group show where the pointer is over any of them. */
  hoverGroup?: string;
  /** The figure grows: redrawn on a canvas, at a fraction of what plotly needs. */
  live?: boolean;
  onPointClick?: (point: FigurePoint) => void;
  /** Left out of figures that fill the window already. */
  canFillWindow?: boolean;
  /** Called with the zoomed range of the x axis, or with null when it shows everything again. */
  onZoom?: (range: readonly [number, number] | null) => void;
}

/** A plotly figure in the window's theme: redrawn at most four times a second, with a menu to copy and save it. */
export const Figure = memo(function Figure({ figure, ...props }: FigureProps) {
  const source = useMemo(() => constantFigure(figure), [figure]);
  return <SourcedFigure source={source} {...props} />;
});

/** The same of a figure that grows: a new point is drawn and renders nothing but what the pointer reads of the figure. */
export const SourcedFigure = memo(function SourcedFigure(props: GrowingProps) {
  const {
    source,
    height,
    name,
    caption,
    hoverGroup,
    live: isLive = false,
    onPointClick,
    onZoom,
    canFillWindow = true,
  } = props;
  const figure = source.current();
  const holder = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLDivElement>(null);
  const view = useRef<PlotlyView | null>(null);
  const theme = useFigureTheme();
  const latest = useRef(source);
  const [drawn, setDrawn] = useState(false);
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const [isFull, setFull] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const clicked = useEffectEvent((point: FigurePoint) => onPointClick?.(point));
  const zoomed = useEffectEvent((range: readonly [number, number] | null) => onZoom?.(range));
  const shownCaption = caption ?? figure.caption;
  const { title } = splitTitle(figure.layout);
  const plotHeight = height - titleHeight;
  const isClickable = onPointClick !== undefined;
  const wasDrawn = useEffectEvent((shown: FigureSource) => {
    setDrawn(true);
    setFailure(null);
    // Growing, a figure may begin to fold its steps, which its caption then says.
    if (!hasSameHead(shown, figure)) renderAgain();
  });

  useEffect(() => {
    const element = holder.current;
    if (!element || !overlay.current) return;
    const created = new PlotlyView(element, overlay.current, {
      onDrawn: (shown) => wasDrawn(shown),
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
    latest.current = source;
    const show = () => view.current?.show(source, { theme, height: plotHeight, name, isLive });
    show();
    return source.subscribe(show);
  }, [source, theme, plotHeight, name, isLive]);

  return (
    <figure className={classes['figure']} aria-label={name}>
      <div className={classes['head']}>
        <div className={classes['title']}>{title}</div>
        <div className={classes['tools']}>
          {canFillWindow ? (
            <ActionIcon aria-label={figureStrings.fullScreenOf(name)} size={24} onClick={() => setFull(true)}>
              <IconMaximize size={16} />
            </ActionIcon>
          ) : null}
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
        {isLive ? <ClosestLabel plot={holder} source={source} axes={() => view.current?.axes() ?? null} /> : null}
        {figure.hover ? (
          <HoverLayer
            plot={holder}
            source={source}
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
      {failure ? <ErrorNote error={new StudioError('internal', figureStrings.notDrawn(failure.message))} /> : null}
      {shownCaption ? <FigureCaption text={shownCaption} /> : null}
      {canFillWindow ? <FullScreen {...props} isOpen={isFull} onClose={() => setFull(false)} /> : null}
    </figure>
  );
});

/** Room above and below a figure that fills the window, for the dialog's head and the caption. */
const fullScreenMargin = 140;

/** The figure over the whole window; Escape leaves it. */
function FullScreen({ isOpen, onClose, ...figure }: GrowingProps & { isOpen: boolean; onClose: () => void }) {
  const { height } = useViewportSize();
  const { onPointClick } = figure;
  return (
    <Modal opened={isOpen} onClose={onClose} fullScreen title={figure.name} transitionProps={{ duration: 0 }}>
      <SourcedFigure
        {...figure}
        canFillWindow={false}
        height={Math.max(320, height - fullScreenMargin)}
        {...(onPointClick === undefined
          ? {}
          : {
              onPointClick: (point: FigurePoint) => {
                onClose();
                onPointClick(point);
              },
            })}
      />
    </Modal>
  );
}

/** Returns true if two figures have the same title, caption and hover settings around their plots. */
function hasSameHead(one: FigureSource, other: FigureSource): boolean {
  if (one === other) return true;
  if (one.caption !== other.caption || one.hover !== other.hover) return false;
  return splitTitle(one.layout).title === splitTitle(other.layout).title;
}

const FigureCaption = memo(function FigureCaption({ text }: { text: string }) {
  return (
    <Text component="figcaption" c="dimmed" className={classes['caption'] ?? ''}>
      <GlossaryText text={text} />
    </Text>
  );
});
