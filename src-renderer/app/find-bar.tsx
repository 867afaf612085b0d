import { ActionIcon, Text, TextInput } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { appStrings } from '../strings/app.ts';
import classes from './find-bar.module.css';
import { closeFindBar, findText, maxMatches, useFindBar } from './find-in-page.ts';
import { useRoute } from './routes.tsx';

const words = appStrings.find;
const [all, current] = ['coto-found', 'coto-found-current'];
/** Interval between two searches of a page that keeps changing. */
const searchMilliseconds = 1000;

/** Ctrl/Cmd + F: marks every match on the page and steps through them. */
export function FindBar() {
  const { opened, requests } = useFindBar();
  return opened ? <OpenFindBar requests={requests} /> : null;
}

function OpenFindBar({ requests }: { requests: number }) {
  const path = useRoute((route) => route.path);
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [found, setFound] = useState<readonly Range[]>([]);
  const [at, setAt] = useState(0);
  useEffect(() => input.current?.select(), [requests]);
  useEffect(() => {
    setAt(0);
    const root = document.querySelector('main [data-searched]');
    if (root === null) return;
    const search = () => setFound(findText(root, text));
    search();
    if (text.trim() === '') return;
    // The page changes while it is searched: rows come, charts are drawn.
    let timer: ReturnType<typeof setTimeout> | null = null;
    const observer = new MutationObserver(() => {
      timer ??= setTimeout(() => {
        timer = null;
        search();
      }, searchMilliseconds);
    });
    observer.observe(root, { childList: true, subtree: true, characterData: true });
    return () => {
      observer.disconnect();
      if (timer !== null) clearTimeout(timer);
    };
  }, [text, path]);
  const shown = found.length === 0 ? 0 : ((at % found.length) + found.length) % found.length;
  useEffect(() => {
    const range = found[shown];
    CSS.highlights.set(all, new Highlight(...found));
    CSS.highlights.set(current, new Highlight(...(range ? [range] : [])));
    return () => {
      CSS.highlights.delete(all);
      CSS.highlights.delete(current);
    };
  }, [found, shown]);
  const step = (by: number) => {
    setAt(shown + by);
    const next = found[(shown + by + found.length) % found.length];
    next?.startContainer.parentElement?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <search className={classes['bar']}>
      <TextInput
        ref={input}
        size="xs"
        aria-label={words.label}
        placeholder={words.label}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
          else if (event.key === 'Escape') closeFindBar();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <Text size="xs" role="status" className={classes['count'] ?? ''}>
        {text.trim() === '' ? '' : words.count(shown, found.length, found.length === maxMatches)}
      </Text>
      <ActionIcon aria-label={words.previous} disabled={found.length === 0} onClick={() => step(-1)}>
        <IconChevronUp size={16} />
      </ActionIcon>
      <ActionIcon aria-label={words.next} disabled={found.length === 0} onClick={() => step(1)}>
        <IconChevronDown size={16} />
      </ActionIcon>
      <ActionIcon aria-label={words.close} onClick={closeFindBar}>
        <IconX size={16} />
      </ActionIcon>
    </search>
  );
}
