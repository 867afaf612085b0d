import { textLimit } from '../../../src-shared/domain/models/model.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, plural } from './counts.ts';

export const models: Catalog['models'] = {
  title: 'Modelle',
  count: (count) => plural(count, { one: '# Basismodell', other: '# Basismodelle' }),
  list: 'Basismodelle',
  filter: 'Modelle filtern…',
  noMatch: 'Keine passenden Modelle',
  empty:
    'Noch keine Modelle. Einen Ordner von Hugging Face (config.json und safetensors) oder eine GGUF-Datei hinzufügen.',
  drop: 'Einen Modellordner (config.json und safetensors) oder eine GGUF-Datei ablegen, um das Modell hinzuzufügen',
  download: 'Von Hugging Face herunterladen…',
  add: 'Modellordner hinzufügen',
  addGguf: 'GGUF-Datei hinzufügen…',
  chooseFolder: 'Modellordner von Hugging Face wählen',
  chooseGguf: 'GGUF-Datei wählen',
  added: 'Modell hinzugefügt',
  known: 'Schon in der Liste',
  bundled: 'mitgeliefert',
  folderGone: {
    message: 'Der Ordner dieses Modells fehlt oder ist nicht lesbar, daher lässt sich nichts darauf trainieren.',
    hint: 'Den Ordner wiederherstellen oder das Modell aus der Liste entfernen.',
  },
  rename: {
    item: 'Umbenennen…',
    title: 'Basismodell umbenennen',
    label: 'Name',
    confirm: 'Umbenennen',
    cancel: 'Abbrechen',
    failed: 'Das Modell wurde nicht umbenannt',
  },
  weightFormat: 'Gewichte',
  weightFormatHelp:
    'GGUF-Dateien bleiben im Speicher quantisiert. Safetensors lassen sich verlustfrei mergen und exportieren.',
  dismiss: 'Ausblenden',
  tryAgain: 'Erneut versuchen',
  quantize: {
    action: 'Quantisieren…',
    title: (name) => `${name} quantisieren`,
    help: 'Schreibt eine kleinere Kopie der Basis; die Basis selbst bleibt. Adapter trainieren auf der Kopie mit einem Bruchteil des Speichers, bei etwas weniger Genauigkeit.',
    type: 'Typ',
    choice: (label, sizes) => (sizes === '' ? label : `${label}: ${sizes}`),
    sizes: (before, after) =>
      `${formatBytes(after)} statt ${formatBytes(before)} (${Math.round((100 * after) / before)} %)`,
    name: 'Name',
    cancel: 'Abbrechen',
    start: 'Quantisieren',
    from: 'Quantisiert aus',
  },
  addTokens: {
    action: 'Tokens hinzufügen…',
    title: (name) => `Tokens zu ${name} hinzufügen`,
    help: 'Schreibt eine Kopie der Basis, deren Tokenizer diese Tokens hat; die Basis selbst bleibt. Ihre Zeilen in Embedding und Kopf beginnen als Mittel aller anderen: In einem Lauf werden sie mit Trained tokens trainiert.',
    tokens: 'Tokens',
    tokensHelp: 'Ein Token je Zeile.',
    special: 'Spezielle Tokens',
    specialHelp: 'Im generierten Text weggelassen, wie die Marken eines Chat-Templates.',
    name: 'Name',
    cancel: 'Abbrechen',
    start: 'Tokens hinzufügen',
    noText: 'Dieses Modell liest keinen Text.',
  },
  layers: (layers, width, encoder) =>
    `${plural(layers, { one: '# Schicht', other: '# Schichten' })}${encoder === null ? '' : ` (${encoder} Encoder, ${layers - encoder} Decoder)`} · Breite ${formatCount(width)}`,
  experts: (count) => `${formatCount(count)} in jeder Schicht mit Experten`,
  roles: { head: 'Aufgabenkopf', expert: 'Experte', adapter: 'Adapter' },
  roleHelp:
    'Ein Aufgabenkopf wird ganz trainiert. Experten tragen einen Adapter durch target_parameters, alle anderen durch target_modules.',
  classes: classesOf,
  ignoredImages: 'Nicht benutzt: Dies ist nur das Textmodell',
  unusedHead: (architecture) => `Nicht benutzt: der von ${architecture}`,
  textInput: (positions, vocabulary) => `Text, ${textLimit(positions)}; Vokabular von ${formatCount(vocabulary)}`,
  asTheyAre: 'unverändert',
  memoryToTrain: 'Speicher für das Training',
  memoryNote: (tokens, free, device) =>
    `LoRA r 16 auf allen linearen Schichten${tokens === null ? '' : `, ${formatCount(tokens)} Tokens`}; jetzt ${free} frei${device === null ? '' : ` auf ${device}`}`,
  trainWith: (batch, checkpointing) =>
    `Fine-Tuning mit Batch ${batch}${checkpointing ? ', Gradient Checkpointing' : ''}`,
  batch: 'Batch',
  batchHelp: 'per_device_train_batch_size × gradient_accumulation_steps: Der effektive Batch ist derselbe',
  batchOf: (size, accumulation) => `${size} × ${accumulation}`,
  checkpointing: 'Gradient Checkpointing',
  parameters: (count) => `${count} Parameter`,
  plannedMemory: (bytes, batch, free) =>
    `Training mit LoRA r 16 auf allen linearen Schichten braucht ${bytes} (Batch ${batch}) von ${free} frei:`,
  on: 'an',
  off: 'aus',
  memory: 'Speicher',
  verdict: 'Auf diesem Rechner',
  verdicts: { fits: 'passt', tight: 'knapp', 'does not fit': 'passt nicht' },
  trainsIn: (memory) => `trainiert in ${memory}`,
  removeQuestion: (name) => `Das Modell „${name}“ entfernen?`,
};
