import type { Command } from 'commander';
import type { CommandContext } from '../command.ts';
import { addAdapterCommands } from './adapters.ts';
import { addBenchCommand } from './bench.ts';
import { addCompletionCommand } from './completion.ts';
import { addDatasetCommands } from './datasets.ts';
import { addDemoCommand } from './demo.ts';
import { addDoctorCommand } from './doctor.ts';
import { addEvalCommand } from './eval.ts';
import { addExportCommand } from './export.ts';
import { addGenerateCommand } from './generate.ts';
import { addHelpCommand } from './help.ts';
import { addHomeCommands } from './home.ts';
import { addJobCommand } from './job.ts';
import { addLogitsCommand } from './logits.ts';
import { addMergeCommand } from './merge.ts';
import { addModelCommands } from './models.ts';
import { addPretrainCommand } from './pretrain.ts';
import { addPruneCommand } from './prune.ts';
import { addReportCommand } from './report.ts';
import { addRouteCommand } from './route.ts';
import { addRunCommands } from './runs.ts';
import { addServeCommand } from './serve.ts';
import { addSettingsCommand } from './settings.ts';
import { addStudyCommand } from './study.ts';
import { addTargetCommands } from './targets.ts';
import { addTrainCommand } from './train.ts';

/** Every command, in the order in which the help lists them. */
export const commands: readonly ((parent: Command, context: CommandContext) => void)[] = [
  addDemoCommand,
  addDoctorCommand,
  addModelCommands,
  addDatasetCommands,
  addTrainCommand,
  addRunCommands,
  addEvalCommand,
  addPretrainCommand,
  addGenerateCommand,
  addAdapterCommands,
  addExportCommand,
  addMergeCommand,
  addPruneCommand,
  addRouteCommand,
  addStudyCommand,
  addJobCommand,
  addTargetCommands,
  addReportCommand,
  addLogitsCommand,
  addBenchCommand,
  addServeCommand,
  addSettingsCommand,
  addHomeCommands,
  addCompletionCommand,
  addHelpCommand,
];
