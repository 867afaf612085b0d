import type { DataStep } from '../../../src-shared/domain/data/data-steps.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { plural, rowsOf } from './counts.ts';

const wholeSteps: Catalog['dataEditor']['wholeSteps'] = {
  repair: 'Fehlerhafte Zeilen und Schreibweisen von Labels reparieren',
  trim: 'Leerraum um Texte entfernen',
  unescape: 'HTML-Entitäten dekodieren',
  'drop-faulty': 'Fehlerhafte Zeilen weglassen',
  'drop-duplicates': 'Wiederholte Zeilen weglassen',
  'drop-leaks': 'Trainingszeilen weglassen, die auch Testzeilen sind',
  'drop-near-leaks': 'Trainingszeilen weglassen, die eine Testzeile fast wiederholen',
  'merge-labels': 'Labels zusammenfassen, die sich nur in Großschreibung oder Leerraum unterscheiden',
};

export const dataEditor: Catalog['dataEditor'] = {
  views: { label: 'Darstellung der Zeilen', preview: 'Vorschau', edit: 'Bearbeiten' },
  title: 'Zeilen',
  note: (from, to, of, read, isWhole) =>
    `${of === 0 ? 'keine' : `${formatCount(from)}–${formatCount(to)} von ${formatCount(of)}`}${isWhole ? '' : ` in den ersten ${plural(read, { one: '# Zeile', other: '# Zeilen' })}`}`,
  filter: {
    label: 'Gezeigte Zeilen',
    all: (count) => `Alle ${formatCount(count)}`,
    faulty: (count) => `Fehlerhaft ${formatCount(count)}`,
    changed: (count) => `Geändert ${formatCount(count)}`,
    'left-out': (count) => `Weggelassen ${formatCount(count)}`,
  },
  sort: { label: 'Reihenfolge der Zeilen', file: 'Wie in der Datei', problem: 'Nach Problem' },
  search: 'In den Zellen suchen…',
  previous: 'Vorherige Zeilen',
  next: 'Nächste Zeilen',
  empty: 'Keine passende Zeile.',
  row: 'Zeile',
  state: 'Zustand',
  states: { train: 'Training', test: 'Test', faulty: 'fehlerhaft', 'left-out': 'weggelassen' },
  dropSelected: (count) => `${rowsOf(count)} weglassen`,
  rowForm: {
    title: 'Zeile bearbeiten',
    choose: 'Eine Zeile der Tabelle wählen, um ihre Zellen zu bearbeiten.',
    apply: 'Anwenden',
    revert: 'Aus der Datei wiederherstellen',
    drop: 'Weglassen',
    keep: 'Zurückholen',
    unreadable:
      'Die Zeile ist nicht lesbar, daher lassen sich ihre Zellen nicht bearbeiten. In der Datei korrigieren oder weglassen.',
    role: (role) => `gelesen als ${role}`,
    unused: 'nicht benutzt',
    edited: 'bearbeitet',
    cut: (characters) => `Länger als ${formatCount(characters)} Zeichen: in der Datei korrigieren.`,
    json: 'JSON',
    noJson: 'Das ist kein JSON. Die Zelle ist in der Datei eine Liste, ein Objekt oder eine Zahl und muss es bleiben.',
    before: 'Aus der Datei',
    after: 'Mit den Änderungen',
    model: 'Basismodell',
    becomesNone: 'Die Zeile wird nicht benutzt.',
  },
  steps: {
    title: 'Schritte',
    note: 'bei jedem Lesen der Datei ausgeführt; die Datei ändert sich nicht',
    none: 'Keine Schritte. Unten Zeilen bearbeiten oder einen Schritt für alle Zeilen hinzufügen.',
    add: 'Schritt hinzufügen',
    undo: 'Rückgängig',
    redo: 'Wiederholen',
    remove: (step) => `Schritt entfernen: ${step}`,
    sample: 'Einige Zeilen ziehen…',
    rename: 'Label umbenennen…',
    rows: 'Zeilen',
    seed: 'Seed',
    from: 'Label',
    to: 'Neuer Name',
    confirm: 'Hinzufügen',
    cancel: 'Abbrechen',
    unknown: (text) => `Die Schritte lassen sich nicht einzeln zeigen: ${text}`,
  },
  step(step: DataStep): string {
    switch (step.step) {
      case 'sample':
        return `${rowsOf(step.rows)} ziehen (Seed ${step.seed})`;
      case 'rename-label':
        return `Das Label „${step.from}“ in „${step.to}“ umbenennen`;
      case 'edit':
        return `${step.column} von ${step.row} auf ${quoted(step.value)} setzen`;
      case 'drop-row':
        return `${step.row} weglassen`;
      default:
        return wholeSteps[step.step];
    }
  },
  wholeSteps,
};

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `„${text.length > 80 ? `${text.slice(0, 80)}…` : text}“`;
}
