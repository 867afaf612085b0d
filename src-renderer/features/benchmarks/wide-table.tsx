import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { benchmarksStrings as words } from '../../strings/benchmarks.ts';
import classes from './benchmarks.module.css';

/** A table that scrolls sideways inside its place, by keyboard too, where it is wider. */
export function WideTable({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section className={classes['wide']} tabIndex={0} aria-label={words.scrolled(label)}>
      <Table aria-label={label} verticalSpacing={4} horizontalSpacing={12}>
        {children}
      </Table>
    </section>
  );
}
