import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, counted, layersOf, tokensOf } from './counts.ts';

export const models: Catalog['models'] = {
  title: 'Modelos',
  count: (count) => counted(count, 'modelo base', 'modelos base'),
  list: 'Modelos base',
  filter: 'Filtrar modelos…',
  noMatch: 'Nenhum modelo encontrado',
  empty: 'Ainda não há modelos. Adicionar uma pasta do Hugging Face (config.json e safetensors) ou um arquivo GGUF.',
  drop: 'Soltar uma pasta de modelo (config.json e safetensors) ou um arquivo GGUF para adicionar o modelo',
  download: 'Baixar do Hugging Face…',
  add: 'Adicionar pasta de modelo',
  addGguf: 'Adicionar arquivo GGUF…',
  chooseFolder: 'Escolher uma pasta de modelo do Hugging Face',
  chooseGguf: 'Escolher um arquivo GGUF',
  added: 'Modelo adicionado',
  known: 'Já está na lista',
  bundled: 'incluído',
  folderGone: {
    message: 'A pasta deste modelo não existe ou não pode ser lida, então nada pode ser treinado com ele.',
    hint: 'Restaurar a pasta, ou remover o modelo da lista.',
  },
  rename: {
    item: 'Renomear…',
    title: 'Renomear modelo base',
    label: 'Nome',
    confirm: 'Renomear',
    cancel: 'Cancelar',
    failed: 'O modelo não foi renomeado',
  },
  weightFormat: 'Pesos',
  weightFormatHelp:
    'Arquivos GGUF permanecem quantizados na memória. Safetensors são mesclados e exportados sem perda.',
  dismiss: 'Dispensar',
  tryAgain: 'Tentar de novo',
  quantize: {
    action: 'Quantizar…',
    title: (name) => `Quantizar ${name}`,
    help: 'Grava uma cópia menor da base; a própria base é mantida. Os adaptadores são treinados sobre a cópia com uma fração da memória, com alguma perda de acurácia.',
    type: 'Tipo',
    choice: (label, sizes) => (sizes === '' ? label : `${label}: ${sizes}`),
    sizes: (before, after) =>
      `${formatBytes(after)} em vez de ${formatBytes(before)} (${Math.round((100 * after) / before)}%)`,
    name: 'Nome',
    cancel: 'Cancelar',
    start: 'Quantizar',
    from: 'Quantizado de',
  },
  addTokens: {
    action: 'Adicionar tokens…',
    title: (name) => `Adicionar tokens a ${name}`,
    help: 'Grava uma cópia da base cujo tokenizador tem estes tokens; a própria base é mantida. Suas linhas no embedding e na cabeça começam como a média de todas as outras: em uma execução, são treinadas com Trained tokens.',
    tokens: 'Tokens',
    tokensHelp: 'Um token por linha.',
    special: 'Tokens especiais',
    specialHelp: 'Ficam fora do texto gerado, como as marcas de um template de chat.',
    name: 'Nome',
    cancel: 'Cancelar',
    start: 'Adicionar tokens',
    noText: 'Este modelo não lê texto.',
  },
  layers: (layers, width, encoder) =>
    `${layersOf(layers)}${encoder === null ? '' : ` (${encoder} do codificador, ${layers - encoder} do decodificador)`} · dimensão oculta ${formatCount(width)}`,
  experts: (count) => `${formatCount(count)} em cada camada com especialistas`,
  roles: { head: 'cabeça da tarefa', expert: 'especialista', adapter: 'adaptador' },
  roleHelp:
    'Uma cabeça da tarefa é treinada por inteiro. Especialistas levam um adaptador por target_parameters; os demais, por target_modules.',
  classes: classesOf,
  ignoredImages: 'Não usado: este é só o modelo de texto',
  unusedHead: (architecture) => `Não usada: a de ${architecture}`,
  textInput: (positions, vocabulary) =>
    `texto, ${positions >= anyLength ? 'de qualquer tamanho' : `até ${tokensOf(positions)}`}; vocabulário de ${formatCount(vocabulary)}`,
  asTheyAre: 'como estão',
  memoryToTrain: 'Memória para treinar',
  memoryNote: (tokens, free, device) =>
    `LoRA r 16 em todas as camadas lineares${tokens === null ? '' : `, ${tokensOf(tokens)}`}; ${free} livres${device === null ? '' : ` em ${device}`} agora`,
  trainWith: (batch, checkpointing) => `Treinar com lote ${batch}${checkpointing ? ', gradient checkpointing' : ''}`,
  batch: 'Lote',
  batchHelp: 'per_device_train_batch_size × gradient_accumulation_steps: o lote efetivo é o mesmo',
  batchOf: (size, accumulation) => `${size} × ${accumulation}`,
  checkpointing: 'Gradient checkpointing',
  parameters: (count) => `${count} parâmetros`,
  plannedMemory: (bytes, batch, free) =>
    `Treinar com LoRA r 16 em todas as camadas lineares ocupa ${bytes} (lote ${batch}) de ${free} livres:`,
  on: 'ligado',
  off: 'desligado',
  memory: 'Memória',
  verdict: 'Nesta máquina',
  verdicts: { fits: 'cabe', tight: 'justo', 'does not fit': 'não cabe' },
  trainsIn: (memory) => `treina em ${memory}`,
  removeQuestion: (name) => `Remover o modelo “${name}”?`,
};
