import type { Catalog } from '../catalog.ts';
import { counted, plural, runsOf } from './counts.ts';

const bundlesOf = (count: number): string => counted(count, 'pacote');

export const settings: Catalog['settings'] = {
  title: 'Configurações',
  state: (label, device) => `computando com ${label}${device === null ? '' : `, ${device}`}`,
  diagnostics: {
    collect: 'Coletar diagnóstico…',
    title: 'Diagnóstico',
    note: 'Para anexar a um relato de erro. Contém versões, a máquina, configurações, contagens e as últimas linhas do log, mas não dados, prompts, nomes nem caminhos. Convém ler antes de enviar.',
    window: ({ electron, chrome }) => `Janela\n  Electron ${electron}, Chromium ${chrome}`,
    copy: 'Copiar',
    copied: 'Copiado',
    save: 'Salvar…',
    saved: 'Diagnóstico salvo',
    notSaved: 'O diagnóstico não foi salvo',
  },
  tryAgain: 'Tentar de novo',
  notSaved: 'A configuração não foi salva',

  appearance: 'Aparência',
  theme: 'Tema',
  language: 'Idioma',
  languageHelp: 'Menus e janelas. O guia, as fichas de métodos, os relatórios e a linha de comando estão em inglês.',
  systemLanguage: 'Sistema',
  changeKeys: 'Mudar…',
  themes: { system: 'Sistema', light: 'Claro', dark: 'Escuro' },

  compute: 'Computação',
  computeNote: 'padrão para execuções em auto',
  computeBackend: 'Backend de computação',
  computeBackendHelp:
    'Automático usa o primeiro disponível da tabela, a não ser que seu benchmark tenha encontrado outro claramente mais rápido. Um job em andamento mantém seu backend.',
  automatic: 'Automático',
  notAvailable: (label) => `${label} (indisponível)`,
  probing: 'Sondando',
  threads: 'Threads de CPU',
  threadsHelp: 'Os resultados só são idênticos bit a bit com o mesmo número. Deixar vazio para usar todos os núcleos.',
  threadsRange: (cores) => `Digitar 1–${cores}, ou deixar vazio para usar todos.`,
  allThreads: (cores) => `todos (${cores})`,
  all: 'todos',

  leftOver: {
    title: 'Pastas que sobraram',
    note: 'não fazem parte de nenhuma execução, adaptador ou modelo',
    button: 'Excluir',
    verb: 'Excluir',
    folders: (paths) =>
      paths.length === 1
        ? `a pasta ${paths[0]}`
        : plural(paths.length, { one: '# pasta que sobrou', other: 'as # pastas que sobraram' }),
    consequence: (count) =>
      plural(count, {
        one: 'O CoTo Studio não encontrou nela nenhuma execução, checkpoint, adaptador ou modelo que consiga ler.',
        other: 'O CoTo Studio não encontrou nelas nenhuma execução, checkpoint, adaptador ou modelo que consiga ler.',
      }),
    deleted: 'Pastas que sobraram excluídas',
    freed: (size) => `${size} liberados`,
    failed: 'As pastas não foram excluídas',
  },

  targets: {
    title: 'Destinos',
    note: 'outras máquinas que treinam as execuções de um estudo',
    none: 'Ainda não há nenhum. Adicionar um cluster ou outras máquinas em um terminal: coto targets add.',
    probe: 'Sondar',
    failed: (name) => `${name} não foi sondado`,
    ready: 'Um estudo pode ser executado ali.',
    clean: 'Limpar',
    notListed: (name) => `Não foi possível listar os arquivos em ${name}`,
    notCleaned: (name) => `${name} não foi limpo`,
    nothingLeft: 'Nenhum estudo deixou nada ali.',
    removedStudy: 'Um estudo removido',
    bundle: (study, runs) => `${study} (${runsOf(runs)})`,
    keptFor: (reason) => `Mantido: ${reason}.`,
    removable: 'Importado; pode ser excluído.',
    remove: (bundles) => `Remover ${bundlesOf(bundles)}`,
    bundles: (bundles, name) => `${bundlesOf(bundles)} em ${name}`,
    consequence:
      'Exclui suas configurações, logs e resultados no destino. Bases e dados ficam ali para o próximo estudo. Execuções, adaptadores e tabelas locais são mantidos.',
  },

  evaluation: 'Avaliação',
  forgetting: 'Medir o esquecimento',
  forgettingHelp:
    'Mostra ao lado de cada acurácia o que um adaptador custa à sua base em entradas neutras fixas: algumas centenas de imagens ou dois mil tokens por adaptador.',

  unreadable: {
    title: 'Entradas ilegíveis',
    note: 'o banco de dados está danificado, ou é de outra versão',
    entry: (kind, id) => `${kind} ${id}`,
    delete: 'Excluir',
    notDeleted: 'A entrada não foi excluída',
  },

  backends: 'Backends de computação',
  backendsNote: 'na ordem em que Automático os tenta',
  benchmark: 'Benchmark',
  notBenchmarked: 'O benchmark dos backends de computação não foi feito',
  benchmarking: (label) => `Benchmark de ${label}`,
  columns: { backend: 'Backend', device: 'Dispositivo', float32: 'float32', bfloat16: 'bfloat16', unit: 'GFLOPS' },
  float32Help: 'produto de matrizes 512 × 512 × 512 (em uma GPU, 2048), melhor taxa',
  bfloat16Help: 'o mesmo produto em bfloat16 com somas em float32, onde o backend oferece',
  inUse: 'em uso',
  chosen: 'escolhido',
  available: 'disponível',
  unavailable: 'indisponível',
  noDevice: 'Sem dispositivo',
  software: 'renderizador por software',
  largestTensor: (bytes) => `tensores de até ${bytes}`,
  withFloat16: 'float16',
  withoutFloat16: 'sem float16',

  tensorflow: {
    title: 'TensorFlow',
    note: 'opcional, download grande',
    setUp: 'Instalar',
    setUpAgain: 'Instalar de novo',
    cancel: 'Cancelar',
    failed: 'O TensorFlow não foi instalado',
    progress: 'Instalando o TensorFlow',
    log: 'Log',
    isSetUp:
      'libtensorflow está instalada. Instalar de novo depois de trocar a placa de vídeo, ou para verificar seus arquivos: só é baixado o que falta ou está danificado.',
    explanation:
      'Baixa a libtensorflow do PyPI (0.3 GB; 3.4 GB com CUDA, onde há um driver da NVIDIA) e compila seus bindings. Precisa de g++ e Linux.',
    starting: 'Iniciando',
    running: (phase, done, total) => `${phase}: ${done} de ${total}`,
    done: 'Instalado. O próximo job que precisar dele vai usá-lo.',
    cancelled: 'Cancelado. O que foi baixado é mantido para a próxima vez.',
    setupFailed: 'A instalação falhou; ver o fim do log.',
  },

  updates: {
    title: 'Atualizações',
    off: 'desligadas',
    onRequest: 'só a pedido',
    feed: 'Origem',
    feedHelp: 'Endereço da pasta com as versões. Nada é consultado antes de escolher Buscar atualizações.',
    example: 'https://example.org/coto-studio/',
    turnOn: 'Ligar…',
    turnOff: 'Desligar',
    check: 'Buscar atualizações',
    download: 'Baixar',
    cancel: 'Cancelar',
    progress: 'Baixando a atualização',
    failed: 'A atualização falhou',
    idle: 'Ainda não verificado.',
    checking: 'Verificando',
    current: 'Esta é a versão mais recente.',
    available: (version, size) => `A versão ${version} está disponível${size === null ? '' : ` (${size})`}.`,
    downloading: (version, done, size) => `Baixando ${version}: ${done}${size === null ? '' : ` de ${size}`}`,
    ready: (version) => `A versão ${version} foi verificada. Ela é instalada ao sair.`,
  },

  machine: 'Esta máquina',
  processor: 'Processador',
  cores: (cpu, cores) => `${cpu}, ${counted(cores, 'núcleo')}`,
  memory: 'Memória',
  memoryFree: (free, total) => `${free} livres de ${total}`,
  platform: 'Plataforma',
  home: 'Pasta home',
  homeHelp:
    'Execuções, adaptadores, relatórios e o banco de dados. Definir COTO_STUDIO_HOME antes de iniciar para usar outra.',
  moveHome: {
    button: 'Mover pasta home…',
    choose: 'Mover a pasta home para',
    title: 'Movendo a pasta home',
    note: 'Enquanto isso, nada mais pode ser feito. O CoTo Studio reinicia no fim. Se cancelado, a pasta fica onde está.',
    progress: 'Progresso da mudança',
    done: (phase, done, total, unit) => `${phase}: ${done} de ${total} ${unit}`,
    cancel: 'Cancelar',
    failed: 'A pasta home não foi movida',
  },
  logs: 'Pasta de logs',
  logsHelp: 'Um arquivo por dia para o backend e o app. Anexar o mais recente ao relatar um erro.',
  diskFree: 'Disco livre',

  versions: 'Versões',
  backendNode: 'Node do backend',
  sqlite: (version, schema) => `${version}, esquema ${schema}`,
};
