/** The words of every figure's menu and table. */
export const figureStrings = {
  fullScreenOf: (name: string) => `Show the figure "${name}" in full screen`,
  drag: 'Drag the figure out as PNG; with Shift as SVG, with both Shift and Alt as PDF, with Alt its values as CSV',
  savePdf: 'Save PDF',
  savePgf: 'Save PGF for LaTeX',
  showValues: 'Show values',
  valuesOf: (name: string) => `Values of “${name}”`,
  firstValues: (shown: string, all: string) => `The first ${shown} of ${all} values. Save CSV has all of them.`,
  series: 'Series',
  value: 'Value',
  points: (name: string) => `Points of “${name}”`,
  pointsRole: 'points, by arrow keys',
  point: (text: string, place: number, all: number) => `${text}. Point ${place} of ${all}. Enter chooses it.`,
} as const;
