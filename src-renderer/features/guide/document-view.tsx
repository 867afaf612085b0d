import { useComputedColorScheme } from '@mantine/core';
import { createElement, isValidElement, type ReactElement, type ReactNode, useEffect, useMemo, useRef } from 'react';
import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { CopyButton } from '../../components/format/copy-button.tsx';
import type { DocumentId, GuidePlace } from '../../components/help/help-store.ts';
import { guideStrings } from '../../strings/guide.ts';
import { anchorOf, linkTarget, pathFrom } from './document-links.ts';
import classes from './document-view.module.css';
import { documents, guideImages } from './documents.ts';

/** First header cell of the settings table in every method card. */
const parameterTable = 'Parameter';

interface DocumentViewProps {
  place: GuidePlace;
  /** A link to another document, or to a heading. */
  onFollow: (place: GuidePlace) => void;
  /** An address for the link, where the page shows one. */
  addressOf?: (place: GuidePlace) => string;
  /** Leaves out the document's own title where it stands above already. */
  titled?: boolean;
}

/** One document of the guide. Raw HTML is left out, images are the bundled ones, addresses outside can be copied only. */
export function DocumentView({ place, onFollow, addressOf, titled = true }: DocumentViewProps) {
  const holder = useRef<HTMLDivElement>(null);
  const dark = useComputedColorScheme('light') === 'dark';
  const { document: id, anchor } = place;
  const text = documents.get(id);
  const components = useMemo(
    () => componentsFor({ id, dark, titled, onFollow, addressOf: addressOf ?? (() => '#') }),
    [id, dark, titled, onFollow, addressOf],
  );
  useEffect(() => {
    const heading = anchor === null ? null : holder.current?.querySelector(`[data-anchor="${CSS.escape(anchor)}"]`);
    if (heading) heading.scrollIntoView();
    else for (let outer = holder.current?.parentElement; outer; outer = outer.parentElement) outer.scrollTop = 0;
  }, [id, anchor]);
  return (
    <div ref={holder} className={classes['document']}>
      {text === undefined ? (
        <p>{guideStrings.missing}</p>
      ) : (
        <Markdown remarkPlugins={[remarkGfm]} skipHtml components={components}>
          {text}
        </Markdown>
      )}
    </div>
  );
}

interface Rendering {
  id: DocumentId;
  dark: boolean;
  titled: boolean;
  onFollow: (place: GuidePlace) => void;
  addressOf: (place: GuidePlace) => string;
}

function componentsFor({ id, dark, titled, onFollow, addressOf }: Rendering): Components {
  return {
    // The page or the sheet has the first heading.
    h1: ({ children }) => (titled ? <Heading level={2}>{children}</Heading> : null),
    h2: ({ children }) => <Heading level={3}>{children}</Heading>,
    h3: ({ children }) => <Heading level={4}>{children}</Heading>,
    a: ({ href, children }) => {
      const target = linkTarget(id, href ?? '');
      if (target.kind === 'outside')
        return (
          <>
            <cite className={classes['source']}>{children}</cite>{' '}
            <CopyButton text={target.address} label={guideStrings.copyAddress(textOf(children))} />
          </>
        );
      const { place } = target;
      if (!documents.has(place.document)) return <>{children}</>;
      return (
        <a
          href={addressOf(place)}
          onClick={(event) => {
            event.preventDefault();
            onFollow(place);
          }}
        >
          {children}
        </a>
      );
    },
    img: ({ src, alt }) => {
      const path = pathFrom(id, typeof src === 'string' ? src : '');
      const address = (dark ? guideImages.get(path.replace('-light.', '-dark.')) : null) ?? guideImages.get(path);
      return address === undefined ? <em>{alt}</em> : <img src={address} alt={alt ?? ''} loading="lazy" />;
    },
    table: ({ children }) => (
      <Scrolling>
        <table className={textOf(children).trimStart().startsWith(parameterTable) ? classes['parameters'] : undefined}>
          {children}
        </table>
      </Scrolling>
    ),
    pre: ({ children }) => (
      <Scrolling>
        <pre>{children}</pre>
      </Scrolling>
    ),
  };
}

/** Element that may be wider than the document and scrolls by itself, also by arrow keys. */
function Scrolling({ children }: { children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached to be scrolled
    <section className={classes['scroll']} tabIndex={0}>
      {children}
    </section>
  );
}

function Heading({ level, children }: { level: 2 | 3 | 4; children: ReactNode }) {
  return createElement(`h${level}`, { 'data-anchor': anchorOf(textOf(children)) }, children);
}

/** The words of what React draws from Markdown. */
function textOf(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node);
  if (Array.isArray(node)) return node.map(textOf).join('');
  return hasChildren(node) ? textOf(node.props.children) : '';
}

function hasChildren(node: ReactNode): node is ReactElement<{ children: ReactNode }> {
  return isValidElement<{ children?: ReactNode }>(node) && node.props.children !== undefined;
}
