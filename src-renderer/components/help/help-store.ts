import { create } from 'zustand';

/** A document of the bundled guide: its path below docs, without the ending, such as "methods/adapters/lora". */
export type DocumentId = string;

/** A place in the guide: a document, and perhaps one of its headings as GitHub writes it into an address. */
export interface GuidePlace {
  readonly document: DocumentId;
  readonly anchor: string | null;
}

/** A field whose help is asked for, as its declaration has it. */
export interface HelpField {
  readonly label: string;
  /** Name in the YAML and after `--set`. */
  readonly name: string;
  readonly help: string;
}

interface HelpSheet {
  readonly open: boolean;
  /** From the first document to the one that is shown; empty where a field has no document. */
  readonly trail: readonly GuidePlace[];
  readonly field: HelpField | null;
}

/** State of the side sheet. The content stays while the sheet slides away. */
export const useHelpSheet = create<HelpSheet>(() => ({ open: false, trail: [], field: null }));

/** Opens a document of the guide in the side sheet; of a field, under the field's own help. */
export function openCard(document: DocumentId | null, field: HelpField | null = null): void {
  useHelpSheet.setState({ open: true, trail: document === null ? [] : [{ document, anchor: null }], field });
}

/** Goes on to another document within the sheet. */
export function followInSheet(place: GuidePlace): void {
  useHelpSheet.setState(({ trail }) => ({ trail: [...trail, place], field: null }));
}

export function backInSheet(): void {
  useHelpSheet.setState(({ trail }) => ({ trail: trail.slice(0, -1) }));
}

export function closeHelp(): void {
  useHelpSheet.setState({ open: false });
}
