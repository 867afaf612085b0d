import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { adaptersOf, jobsOf, plural, runsOf, studiesOf } from './counts.ts';

export const home: Catalog['home'] = {
  title: 'Start',
  summary: (runs, studies) => [runsOf(runs), ...(studies > 0 ? [studiesOf(studies)] : [])].join(', '),
  tryAgain: 'Erneut versuchen',

  now: 'Jetzt',
  nothing: 'Es läuft nichts.',
  startRun: 'Lauf einrichten',
  starting: 'Startet',
  cancel: 'Abbrechen',
  cancelJob: (title) => `${title} abbrechen`,
  progressOf: (title) => `Fortschritt von ${title}`,
  liveLoss: 'Trainings-Loss des laufenden Jobs',
  liveStrip: 'Aktive Schichten des laufenden Jobs',
  queue: 'Warteschlange',
  queued: jobsOf,
  left: (duration) => `insgesamt etwa ${duration}`,
  partsOfStudies: (count) => `und ${plural(count, { one: '# Teil', other: '# Teile' })} von Studien`,
  more: (count) => `und ${formatCount(count)} weitere`,
  pauseQueue: 'Warteschlange anhalten',
  resumeQueue: 'Warteschlange fortsetzen',
  pauseHelp:
    'Der laufende Job läuft weiter. Kein weiteres Training und keine weitere Studie startet, bis die Warteschlange fortgesetzt wird.',
  move: (title) => `${title} verschieben`,
  moveHelp: 'Ziehen, oder mit den Pfeiltasten nach oben und unten umordnen',

  away: 'Während Ihrer Abwesenheit',
  attention: 'Braucht Aufmerksamkeit',
  finishedCount: (count) => `${formatCount(count)} fertig`,
  interruptedCount: (count) => `${formatCount(count)} unterbrochen`,
  failedCount: (count) => `${formatCount(count)} fehlgeschlagen`,
  pausedByQuitting: (count) =>
    plural(count, { one: '# Lauf wurde beim Beenden pausiert', other: '# Läufe wurden beim Beenden pausiert' }),
  pausedCount: (count) => `${formatCount(count)} pausiert`,
  resume: 'Fortsetzen',
  resumeOne: (name) => `${name} fortsetzen`,
  resumeAll: 'Alle fortsetzen',
  dismiss: 'Ausblenden',
  dismissOne: (name) => `${name} ausblenden`,
  dismissAll: 'Alle ausblenden',
  dismissed: (count) => plural(count, { one: '# Eintrag ausgeblendet', other: '# Einträge ausgeblendet' }),
  runNotResumed: 'Der Lauf wurde nicht fortgesetzt',
  studyNotResumed: 'Die Studie wurde nicht fortgesetzt',
  quitDuring: 'CoTo Studio wurde während dieses Laufs beendet.',
  notStarted: 'nicht gestartet',
  step: (step, total) =>
    total === null ? `Schritt ${formatCount(step)}` : `Schritt ${formatCount(step)} von ${formatCount(total)}`,

  checklist: {
    title: 'Erste Schritte',
    note: 'geht offline mit dem mitgelieferten Modell und den Daten',
    progress: (done, all) => `${done} von ${all} erledigt`,
    allDone: 'Alles erledigt.',
    done: 'Erledigt:',
    running: 'Läuft…',
    demo: {
      title: 'Demo-Studie ausführen',
      text: 'Trainiert LoRA mit und ohne CoTo mit zwei Seeds, mergt, interpoliert und prunt die Adapter und schreibt einen Bericht. Kurz dauert auf zwei Kernen bis zu einer Minute, voll je nach Hardware drei bis zwanzig Minuten.',
    },
    report: {
      title: 'Bericht ansehen',
      text: 'Eine Datei mit dem Vergleich, seinen Abbildungen, Einstellungen und Hashes. Sie öffnet sich hier.',
      action: 'Bericht öffnen',
      none: 'Nach der Demo verfügbar.',
    },
    data: {
      title: 'Eigene Daten hinzufügen',
      text: 'Eine Textdatei (CSV, JSONL, Parquet …) oder ein Ordner mit einem Bilderordner je Klasse.',
      action: 'Datensatz hinzufügen',
    },
    model: {
      title: 'Eigenes Modell hinzufügen',
      text: 'Ein Modellordner von Hugging Face, eine GGUF-Datei oder ein Download vom Hub.',
      action: 'Modell hinzufügen',
    },
    merge: {
      title: 'Der erste Merge',
      text: 'Zwei Adapter derselben Basis auf die Werkbank ziehen und auf Mergen drücken.',
      action: 'Merge öffnen',
    },
  },

  demo: {
    title: 'Demo-Studie',
    note: 'mitgelieferte Basis und Daten',
    text: 'LoRA mit und ohne CoTo, je zwei Seeds, danach gemergt und geprunt, mit Bericht.',
    length: 'Länge der Demo-Studie',
    quick: 'Kurz',
    full: 'Voll',
    start: 'Demo-Studie starten',
    notStarted: 'Die Demo-Studie wurde nicht gestartet',
    queued: 'Demo-Studie eingereiht',
    contents: (runs, studies) => `${runsOf(runs)} und ${studiesOf(studies)}`,
  },

  findings: {
    title: 'Die Demo ist fertig',
    metric: 'Metrik',
    difference: 'Differenz',
    note: (pairs) =>
      pairs < 2
        ? 'Differenz: mit CoTo minus ohne.'
        : 'Differenz: mit CoTo minus ohne, gepaart nach Seed; ± ist das halbe 95-%-Intervall.',
    open: 'Bericht öffnen',
  },

  goOn: {
    title: 'Weitermachen',
    report: 'Letzter Bericht',
    comparison: 'Letzter Vergleich',
    comparedRuns: runsOf,
    bench: 'Merge-Werkbank',
    adapters: adaptersOf,
  },

  machine: {
    title: 'Dieser Rechner',
    settings: 'Einstellungen',
    backend: 'Rechen-Backend',
    memory: 'Speicher',
    gpuMemory: 'GPU-Speicher',
    gpuHelp: (name) => `${name}: von allen Programmen belegter Anteil ihres Speichers`,
    gpuUtilization: 'GPU-Auslastung',
    memoryHelp: 'Vom Backend belegter Anteil des Speichers',
    of: (used, total) => `${used} von ${total}`,
    storage: 'Belegter Platz',
    detecting: 'wird ermittelt…',
    disk: 'Freier Platz',
  },

  recent: {
    title: 'Letzte Läufe',
    all: 'Alle Läufe',
    label: 'Letzte Läufe',
    columns: { name: 'Lauf', score: 'Wert', step: 'Schritt', finished: 'Beendet' },
    withCoto: 'mit CoTo',
    scoreHelp: 'Genauigkeit; bei Sprachmodellen Exact Match oder Perplexität',
    stepHelp: 'Median der Dauer eines Optimiererschritts',
  },
  jobNotStopped: 'Der Lauf wurde nicht gestoppt',
  jobNotMoved: 'Der Job wurde nicht verschoben',
  queueNotChanged: 'Die Warteschlange wurde nicht geändert',
  cancelEndsAtOnce: 'Der Job endet sofort, und nichts wird gespeichert.',
};
