import { Component, type ReactNode } from 'react';
import { asError, StudioError } from '../../src-shared/contract/errors.ts';
import { ErrorNote } from '../components/feedback/error-note.tsx';
import { appStrings } from '../strings/app.ts';

/** Keeps the frame alive when a page throws: the error with its stack, and a button that draws the page again. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(thrown: unknown): { error: Error } {
    return { error: asError(thrown) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const shown = new StudioError('internal', appStrings.pageFailed(error.message), null, error.stack ?? null);
    return (
      <div style={{ padding: 16 }}>
        <ErrorNote error={shown} action={{ label: appStrings.reload, onClick: () => this.setState({ error: null }) }} />
      </div>
    );
  }
}
