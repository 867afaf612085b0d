import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, plural, rowsOf, tokensOf } from './counts.ts';

/** After "den ersten": "5 Zeilen". */
const firstRowsOf = (count: number): string => plural(count, { one: '# Zeile', other: '# Zeilen' });

export const data: Catalog['data'] = {
  example: (label, index) => `${label}, Beispiel ${index}`,
  content: {
    classes: classesOf,
    tags: (count) => plural(count, { one: '# Tag', other: '# Tags' }),
    preferences: 'Präferenzen',
    questions: 'Fragen',
    conversations: 'Gespräche',
    prompts: 'Prompts',
    pairs: 'Paare',
    numbers: 'Zahlen',
    unlabeled: 'ohne Label',
    split: (count, split) => `${formatCount(count)} ${split}`,
  },
  title: 'Daten',
  count: (count) => plural(count, { one: '# Datensatz', other: '# Datensätze' }),
  list: 'Datensätze',
  filter: 'Datensätze filtern…',
  noMatch: 'Keine passenden Datensätze',
  empty:
    'Noch keine Datensätze. Eine Textdatei (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL), einen Ordner von save_to_disk der datasets von Hugging Face, einen Ordner mit IDX-Dateien oder einen Ordner mit einem Bilderordner je Klasse hinzufügen.',
  drop: 'Eine Textdatei (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL) oder einen Ordner (save_to_disk, Bilder nach Klasse oder IDX) ablegen, um die Daten hinzuzufügen',
  add: 'Daten hinzufügen',
  addFolder: 'Ordner (save_to_disk, Bilder nach Klasse oder IDX)',
  addFile: 'Textdatei (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL)',
  chooseFolder: 'Ordner wählen (save_to_disk, Bilder nach Klasse oder IDX)',
  chooseFile: 'Datendatei wählen',
  added: 'Datensatz hinzugefügt',
  bundled: 'mitgeliefert',
  draft: 'Entwurf',
  unsaved: 'nicht gespeicherte Änderungen',
  import: 'Importieren',
  unanswerable: 'keine Antwort',
  dismiss: 'Ausblenden',
  tryAgain: 'Erneut versuchen',
  grayscale: 'Graustufen',
  channels: (count) => `${count} Kanäle`,
  pixels: (width, height) => `${width} × ${height} Pixel`,
  rows: (rows, skipped) => (skipped === 0 ? rowsOf(rows) : `${rowsOf(rows)}, ${formatCount(skipped)} übersprungen`),
  matchesNothing: (value, rows, column, found) =>
    `Keine der ersten ${formatCount(rows)} Zeilen hat „${value}“ in ${column}: Für den Test würde nichts zurückgehalten. Gefunden: ${found.join(', ')}.`,
  tooManyFaults: (faulty, rows) =>
    `${formatCount(faulty)} der ersten ${firstRowsOf(rows)} sind fehlerhaft. Die Zeilen unter Probleme korrigieren oder „Leave out faulty rows“ einschalten.`,
  lengths: (examples, median, p95, longest) =>
    `Die ersten ${plural(examples, { one: '# Trainingsbeispiel', other: '# Trainingsbeispiele' })}: Median ${formatCount(median)} · p95 ${formatCount(p95)} · max. ${formatCount(longest)} Tokens.`,
  accounting: {
    title: 'Verwendung der Spalten und Zeilen',
    firstRows: (rows) => `der ersten ${firstRowsOf(rows)}; alle werden beim Hinzufügen des Datensatzes gelesen`,
    what: 'Was',
    is: 'Ist',
    detail: 'Wofür oder weshalb',
    questions: 'Inhalt ohne Rolle',
    questionsNote: 'für jede Spalte die Rolle wählen, oder dass sie nicht benutzt wird',
    choose: 'Wählen…',
    notUsed: 'Nicht benutzt',
    mergeLabels: 'Labels zusammenfassen',
    unanswered: (column) => `Die Rolle der Spalte „${column}“ wählen, oder dass sie nicht benutzt wird.`,
  },
  problems: 'Probleme',
  problemsNote: (isTooMany) =>
    `${isTooMany ? 'zu viele Zeilen, um sie ungefragt zu überspringen' : 'diese Zeilen werden übersprungen'}; nur Vorschau, die übrigen Zeilen werden beim Import geprüft`,
  byRow: (title) => `${title} nach Zeile`,
  repairs: {
    repair: (rows) => `${rowsOf(rows)} reparieren`,
    offered: 'Was eine Reparatur ändern würde',
    repaired: 'Durch Schritte geändert',
    inFirstRows: 'in den ersten Zeilen; alle Zeilen werden beim Hinzufügen des Datensatzes gelesen',
  },
  truncates: (maxLength, count) => `max_length ${formatCount(maxLength)} kürzt ${formatCount(count)}.`,
  inWindows: (rows, limit) =>
    `${plural(rows, { one: '# Text ist', other: '# Texte sind' })} länger als ${formatCount(limit)} Tokens (max_seq_length) und ${plural(rows, { one: 'wird', other: 'werden' })} in Fenstern gelesen.`,
  context: (model, tokens) =>
    tokens >= anyLength ? `${model} liest Texte jeder Länge.` : `${model} liest bis zu ${formatCount(tokens)}.`,
  conversation: {
    title: 'Gespräch',
    excluded: (role) => `${role} (nicht im Loss)`,
    verdicts: { chosen: 'Bevorzugt', rejected: 'Abgelehnt', wanted: 'Erwünscht', unwanted: 'Unerwünscht' },
  },
  tokens: {
    inTemplate: (model) => `Text, im Chat-Template von ${model}`,
    plain: 'Text, ohne Template',
    written: 'Text, wie das Modell ihn liest',
    list: 'Tokens',
    count: (tokens, counted) =>
      counted === null ? tokensOf(tokens) : `${tokensOf(tokens)}, ${formatCount(counted)} im Loss`,
    first: (shown) => `Die ersten ${formatCount(shown)} Tokens werden gezeigt.`,
    loss: {
      completion: 'Hervorgehobene Tokens zählen zum Loss.',
      text: 'Jedes Token zählt zum Loss.',
      label: 'Das Modell liest diese Tokens und sagt das Label voraus.',
      tags: 'Hervorgehobene Tokens, das erste jedes Worts, bekommen das Tag des Worts.',
      answer: 'Hervorgehobene Tokens sind die Antwort: Das Modell lernt, wo sie beginnt und endet.',
      nothing: 'Das Modell liest diese Tokens nur: Es gibt kein Label zu lernen.',
    },
  },
  duplicates: {
    title: 'Duplikate',
    none: 'Keine Duplikate oder Leaks gefunden',
    words: {
      withinTrain: 'Duplikate im Training',
      withinTest: 'Duplikate im Test',
      across: 'Leaks zwischen Training und Test',
      nearAcross: 'Fast gleiche zwischen Training und Test',
    },
    textMeaning: {
      withinTrain: 'Im Training übergewichtet. Harmlos, wenn es wenige sind; sonst je eines behalten.',
      withinTest: 'In jeder Bewertung mehrfach gezählt. Je eines behalten.',
      across: 'Verfälscht die Bewertung nach oben. Aus einem der beiden entfernen.',
      nearAcross:
        'Derselbe Text bis auf wenige Wörter, was die Bewertung ebenfalls nach oben verfälscht. Aus einem der beiden entfernen.',
    },
    imageMeaning: {
      withinTrain: 'Dieselben Pixel: im Training übergewichtet. Harmlos, wenn es wenige sind; sonst je eines behalten.',
      withinTest: 'Dieselben Pixel: in jeder Bewertung mehrfach gezählt. Je eines behalten.',
      across: 'Dieselben Pixel in beiden: verfälscht die Bewertung nach oben. Aus einem der beiden entfernen.',
      nearAcross:
        'Sie sehen gleich aus, wie skalierte oder neu komprimierte Kopien, was die Bewertung ebenfalls nach oben verfälscht. Aus einem der beiden entfernen.',
    },
    wayOut: (ofFolder) =>
      ofFolder
        ? 'Die Dateien, die Probleme nennt, aus einem der Splits entfernen und dann erneut vergleichen.'
        : 'Die Bilder aus einem der Splits entfernen und dann erneut vergleichen.',
    compared: (images, near) =>
      near < images
        ? `${plural(images, { one: '# Bild', other: '# Bilder' })} nach Pixeln verglichen, ${formatCount(near)} nach Aussehen`
        : `${plural(images, { one: '# Bild', other: '# Bilder' })} verglichen`,
    removeFromTrain: 'Aus dem Training entfernen',
    texts: 'Zeilen in beiden Splits',
    text: (kind, train, test) => {
      const both = [train === null ? 'Training' : `Training ${train}`, test === null ? 'Test' : `Test ${test}`];
      return `${kind === 'exact' ? 'Gleicher Text' : 'Fast gleich'}: ${both.join(', ')}`;
    },
    reimported: 'Datensatz neu importiert',
    notCompared: 'Die Bilder wurden noch nicht miteinander verglichen.',
    compare: 'Duplikate suchen',
    again: 'Erneut vergleichen',
    notFound: 'Die Bilder wurden nicht verglichen',
    pairs: 'Beispiele für Duplikate',
    pair: (kind, one, other) => `${kind === 'exact' ? 'Gleiche Pixel' : 'Ähnlich'}: ${one}, ${other}`,
    place: (split, index) => `${split} ${formatCount(index + 1)}`,
  },
  imageQuestion: { label: 'Spalte der Labels', add: 'Hinzufügen' },
  template: {
    title: 'Wie das Modell sie liest',
    model: 'Basismodell der Vorschau',
    noModel: 'Ein Basismodell hinzufügen, das Text liest, um die Zeilen so zu sehen, wie es sie liest.',
    noRows: 'Keine der ersten Zeilen ist lesbar.',
    previous: 'Vorherige Zeile',
    next: 'Nächste Zeile',
    row: (place, total, where) => `${formatCount(place)} von ${formatCount(total)}: ${where}`,
    lengths: (rows, median, longest) =>
      `Die ersten ${firstRowsOf(rows)}: Median ${formatCount(median)} · max. ${formatCount(longest)} Tokens.`,
    truncated: (rows, limit) =>
      rows === 0
        ? ''
        : `${plural(rows, { one: '# Zeile würde', other: '# Zeilen würden' })} auf ${formatCount(limit)} Tokens gekürzt (max_length).`,
  },
  removeQuestion: (name) => `Den Datensatz „${name}“ entfernen?`,
};
