import { formatDifference, rowDifference } from '../../../src-shared/results/comparison.ts';
import { formatFigure, type TableCell, type TableRow, unitLabels } from '../../../src-shared/results/comparison-row.ts';
import type { ComparisonSides } from '../../../src-shared/results/names.ts';
import { comparisonNote } from './comparison-table.ts';
import { html, type SafeHtml } from './html.ts';

/** Every quantity with and without CoTo, its means in bold. */
export function comparisonSection(rows: readonly TableRow[], sides: ComparisonSides, tuned: SafeHtml): SafeHtml {
  return html`<section>
<h2>With and without CoTo</h2>
<div class="scroll"><table>
<thead><tr><th>Metric</th><th>Unit</th><th class="number">${sides.without}</th><th class="number">${sides.coto}</th><th class="number">Difference</th></tr></thead>
<tbody>${rows.map(resultRow)}</tbody>
</table></div>
${tuned}
<p class="quiet">Bold: ${comparisonNote.charAt(0).toLowerCase()}${comparisonNote.slice(1)}</p>
</section>`;
}

function resultRow(row: TableRow): SafeHtml {
  const difference = rowDifference(row);
  const better = row.better === null ? '' : ` (${row.better} is better)`;
  const interval =
    difference === null || difference.halfWidth === null
      ? html``
      : html` <span class="quiet">± ${formatFigure(difference.halfWidth, row.unit)}</span>`;
  return html`<tr><th scope="row">${row.label}<span class="quiet">${better}</span></th><td>${unitLabels[row.unit]}</td>
${valueCell(row.lora, row)}${valueCell(row.coto, row)}
<td class="number">${difference === null ? '–' : formatDifference(difference.mean, row.unit)}${interval}</td></tr>`;
}

function valueCell(cell: TableCell, row: TableRow): SafeHtml {
  if (cell.mean === null) return html`<td class="number">–</td>`;
  const each = cell.values.map(({ value }) => formatFigure(value, row.unit)).join(', ');
  const seeds = cell.values.length > 1 ? html` <span class="quiet">(${each})</span>` : html``;
  return html`<td class="number"><strong>${formatFigure(cell.mean, row.unit)}</strong>${seeds}</td>`;
}
