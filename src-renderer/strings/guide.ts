/** The words of the guide: its page, its side sheet, and the help of a field. */
export const guideStrings = {
  title: 'Guide',
  state: (topics: number, cards: number) => `${topics} topics · ${cards} method cards`,
  topics: 'User guide',
  overview: 'Overview',
  results: 'Measured results',
  search: 'Search the guide…',
  found: (count: number) => (count === 0 ? 'No matching topics' : count === 1 ? '1 document' : `${count} documents`),
  helpFor: (label: string) => `Help: ${label}`,
  sheet: 'Help',
  back: 'Back',
  close: 'Close help',
  openInGuide: 'Open in guide',
  missing: 'This document is not part of the guide.',
  copyAddress: (title: string) => `Copy the address of “${title}”`,
} as const;
