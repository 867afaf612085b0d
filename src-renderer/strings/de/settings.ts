import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { plural, runsOf } from './counts.ts';

const bundlesOf = (count: number): string => plural(count, { one: '# Bündel', other: '# Bündel' });

export const settings: Catalog['settings'] = {
  title: 'Einstellungen',
  state: (label, device) => `rechnet auf ${label}${device === null ? '' : `, ${device}`}`,
  diagnostics: {
    collect: 'Diagnose sammeln…',
    title: 'Diagnose',
    note: 'An einen Fehlerbericht anhängen. Enthält Versionen, den Rechner, Einstellungen, Anzahlen und die letzten Zeilen des Protokolls, aber keine Daten, Prompts, Namen oder Pfade. Vor dem Versenden durchlesen.',
    window: ({ electron, chrome }) => `Window\n  Electron ${electron}, Chromium ${chrome}`,
    copy: 'Kopieren',
    copied: 'Kopiert',
    save: 'Speichern…',
    saved: 'Diagnose gespeichert',
    notSaved: 'Die Diagnose wurde nicht gespeichert',
  },
  tryAgain: 'Erneut versuchen',
  notSaved: 'Die Einstellung wurde nicht gespeichert',

  appearance: 'Darstellung',
  theme: 'Farbschema',
  language: 'Sprache',
  languageHelp:
    'Die Texte des Fensters. Handbuch, Methodenkarten, Berichte, Namen von Parametern und die Befehlszeile sind auf Englisch.',
  systemLanguage: 'System',
  changeKeys: 'Ändern…',
  themes: { system: 'System', light: 'Hell', dark: 'Dunkel' },

  compute: 'Rechnen',
  computeNote: 'Vorgabe für Läufe, die auf auto stehen',
  computeBackend: 'Rechen-Backend',
  computeBackendHelp:
    'Automatisch nimmt das erste verfügbare der Tabelle, sofern der Benchmark kein anderes als deutlich schneller gemessen hat. Ein laufender Job behält sein Backend.',
  automatic: 'Automatisch',
  notAvailable: (label) => `${label} (nicht verfügbar)`,
  probing: 'Wird geprüft',
  threads: 'CPU-Threads',
  threadsHelp: 'Nur bei gleicher Zahl sind Ergebnisse bitgleich. Leer lassen für alle Kerne.',
  threadsRange: (cores) => `1–${cores} eingeben, oder leer lassen für alle.`,
  allThreads: (cores) => `alle ${cores}`,
  all: 'alle',

  leftOver: {
    title: 'Übrig gebliebene Ordner',
    note: 'gehören zu keinem Lauf, Adapter oder Modell',
    button: 'Löschen',
    verb: 'Löschen',
    consequence: (count) =>
      `CoTo Studio hat ${plural(count, { one: 'darin', other: 'in ihnen' })} keinen lesbaren Lauf, Checkpoint, Adapter und kein lesbares Modell gefunden.`,
    deleted: 'Übrig gebliebene Ordner gelöscht',
    freed: (size) => `${size} frei geworden`,
    failed: 'Die Ordner wurden nicht gelöscht',
    question: (paths) =>
      paths.length === 1
        ? `Den Ordner ${paths[0]} löschen?`
        : `Die ${formatCount(paths.length)} übrig gebliebenen Ordner löschen?`,
  },

  targets: {
    title: 'Ziele',
    note: 'andere Rechner, die die Läufe einer Studie trainieren',
    none: 'Noch keine. Einen Cluster oder andere Rechner im Terminal hinzufügen: coto targets add.',
    probe: 'Prüfen',
    failed: (name) => `${name} wurde nicht geprüft`,
    ready: 'Eine Studie kann dort laufen.',
    clean: 'Aufräumen',
    notListed: (name) => `Die Dateien auf ${name} konnten nicht aufgelistet werden`,
    notCleaned: (name) => `${name} wurde nicht aufgeräumt`,
    nothingLeft: 'Keine Studie hat dort etwas hinterlassen.',
    removedStudy: 'Eine entfernte Studie',
    bundle: (study, runs) => `${study} (${runsOf(runs)})`,
    keptFor: (reason) => `Behalten: ${reason}.`,
    removable: 'Importiert; kann gelöscht werden.',
    remove: (bundles) => `${bundlesOf(bundles)} entfernen`,
    consequence:
      'Löscht ihre Einstellungen, Protokolle und Ergebnisse auf dem Ziel. Basen und Daten bleiben dort für die nächste Studie. Lokale Läufe, Adapter und Tabellen bleiben.',
    removeQuestion: (bundles, name) => `${bundlesOf(bundles)} auf ${name} entfernen?`,
  },

  evaluation: 'Evaluation',
  forgetting: 'Vergessen messen',
  forgettingHelp:
    'Zeigt neben jeder Genauigkeit, was ein Adapter seine Basis auf festen neutralen Eingaben kostet: einige Hundert Bilder oder zweitausend Tokens je Adapter.',

  unreadable: {
    title: 'Nicht lesbare Einträge',
    note: 'die Datenbank ist beschädigt oder von einer anderen Version',
    entry: (kind, id) => `${kind} ${id}`,
    delete: 'Löschen',
    notDeleted: 'Der Eintrag wurde nicht gelöscht',
  },

  backends: 'Rechen-Backends',
  backendsNote: 'in der Reihenfolge, in der Automatisch sie versucht',
  benchmark: 'Benchmark',
  notBenchmarked: 'Die Rechen-Backends wurden nicht gemessen',
  benchmarking: (label) => `${label} wird gemessen`,
  columns: { backend: 'Backend', device: 'Gerät', float32: 'float32', bfloat16: 'bfloat16', unit: 'GFLOPS' },
  float32Help: 'Matrixprodukt 512 × 512 × 512 (auf einer GPU 2048), beste Rate',
  bfloat16Help: 'dasselbe Produkt in bfloat16 mit Summen in float32, wo das Backend es kann',
  inUse: 'in Benutzung',
  chosen: 'gewählt',
  available: 'verfügbar',
  unavailable: 'nicht verfügbar',
  noDevice: 'Kein Gerät',
  software: 'Software-Renderer',
  largestTensor: (bytes) => `Tensoren bis ${bytes}`,
  withFloat16: 'float16',
  withoutFloat16: 'kein float16',

  tensorflow: {
    title: 'TensorFlow',
    note: 'optional, großer Download',
    setUp: 'Einrichten',
    setUpAgain: 'Erneut einrichten',
    cancel: 'Abbrechen',
    failed: 'TensorFlow wurde nicht eingerichtet',
    progress: 'TensorFlow wird eingerichtet',
    log: 'Protokoll',
    isSetUp:
      'libtensorflow ist eingerichtet. Nach einem Wechsel der Grafikkarte, oder um die Dateien prüfen zu lassen, erneut einrichten: Nur Fehlendes oder Beschädigtes wird geladen.',
    explanation:
      'Lädt libtensorflow von PyPI (0.3 GB; 3.4 GB mit CUDA, wo ein NVIDIA-Treiber installiert ist) und übersetzt seine Bindings. Braucht g++ und Linux.',
    starting: 'Startet',
    running: (phase, done, total) => `${phase}: ${done} von ${total}`,
    done: 'Eingerichtet. Der nächste Job, der es braucht, benutzt es.',
    cancelled: 'Abgebrochen. Das Heruntergeladene bleibt für das nächste Mal.',
    setupFailed: 'Das Einrichten ist fehlgeschlagen; siehe Ende des Protokolls.',
  },

  updates: {
    title: 'Aktualisierungen',
    off: 'aus',
    onRequest: 'nur auf Anfrage',
    feed: 'Quelle',
    feedHelp: 'Adresse des Ordners mit den Versionen. Vor „Nach Updates suchen“ wird nichts abgefragt.',
    example: 'https://example.org/coto-studio/',
    turnOn: 'Einschalten…',
    turnOff: 'Ausschalten',
    check: 'Nach Updates suchen',
    download: 'Herunterladen',
    cancel: 'Abbrechen',
    progress: 'Update wird heruntergeladen',
    failed: 'Das Update ist fehlgeschlagen',
    idle: 'Noch nicht gesucht.',
    checking: 'Wird gesucht',
    current: 'Dies ist die neueste Version.',
    available: (version, size) => `Version ${version} ist verfügbar${size === null ? '' : ` (${size})`}.`,
    downloading: (version, done, size) =>
      `${version} wird heruntergeladen: ${done}${size === null ? '' : ` von ${size}`}`,
    ready: (version) => `Version ${version} ist geprüft. Sie wird beim Beenden installiert.`,
  },

  machine: 'Dieser Rechner',
  processor: 'Prozessor',
  cores: (cpu, cores) => `${cpu}, ${cores} Kerne`,
  memory: 'Speicher',
  memoryFree: (free, total) => `${free} frei von ${total}`,
  platform: 'Plattform',
  home: 'Home-Ordner',
  homeHelp: 'Läufe, Adapter, Berichte und die Datenbank. Für einen anderen COTO_STUDIO_HOME vor dem Start setzen.',
  moveHome: {
    button: 'Home-Ordner verschieben…',
    choose: 'Den Home-Ordner verschieben nach',
    title: 'Der Home-Ordner wird verschoben',
    note: 'Währenddessen geht nichts anderes. CoTo Studio startet am Ende neu. Beim Abbrechen bleibt das Home, wo es ist.',
    progress: 'Fortschritt des Verschiebens',
    done: (phase, done, total, unit) => `${phase}: ${done} von ${total} ${unit}`,
    cancel: 'Abbrechen',
    failed: 'Der Home-Ordner wurde nicht verschoben',
  },
  logs: 'Protokollordner',
  logsHelp: 'Eine Datei je Tag für Backend und App. Bei einer Fehlermeldung die neueste anhängen.',
  diskFree: 'Freier Platz',

  versions: 'Versionen',
  backendNode: 'Node des Backends',
  sqlite: (version, schema) => `${version}, Schema ${schema}`,
  languageNotChanged: 'Die Sprache wurde nicht geändert',
};
