import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { DIFFERENCE_KINDS, type DifferenceKind, suggestBriefly } from '@mmsr/core';
import { checkCommand, type CheckCommandOptions } from './commands/check.js';
import { engineCommand } from './commands/engine.js';
import { installCommand, type InstallCommandOptions } from './commands/install.js';
import { pluginsCommand } from './commands/plugins.js';
import { reportCommand, type ReportCommandOptions } from './commands/report.js';
import { describe, exitCodeOfError, runCommand, type RunCommandOptions } from './commands/run.js';
import { schemaCommand } from './commands/schema.js';
import { syncCommand, type SyncCommandOptions } from './commands/sync.js';
import { verifyCommand, type VerifyCommandOptions } from './commands/verify.js';
import { EXIT } from './exit-codes.js';
import { versionOf } from './versions.js';

const collect = (value: string, list: readonly string[]) => [...list, value];

function countOf(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

function differenceKind(text: string, before: readonly DifferenceKind[]): DifferenceKind[] {
  const kind = DIFFERENCE_KINDS.find((known) => known === text);
  if (kind !== undefined) return [...before, kind];
  throw new InvalidArgumentError(`There are: ${DIFFERENCE_KINDS.join(', ')}.`);
}

type Finish = (code: Promise<number>) => Promise<void>;

/** The command line, as docs and --help show it. */
function createProgram(finish: Finish): Command {
  const program = new Command('mmsr-run')
    .description('Multi-task, multi-magnification super-resolution for pathology.')
    .version(versionOf('mmsr-run'))
    .exitOverride()
    .addHelpText('after', '\n`run` may be left out:\n  npx mmsr-run experiments/quickstart.yaml')
    .showHelpAfterError('Run mmsr-run --help for the options.');
  addExperimentCommands(program, finish);
  addMachineCommands(program, finish);
  return program;
}

/** What is done with an experiment file. */
function addExperimentCommands(program: Command, finish: Finish): void {
  program
    .command('run', { isDefault: true })
    .description('runs what is not done of an experiment')
    .argument('<experiment.yaml>', 'the experiment file')
    .option('--profile <NAME>', 'applies one of the profiles of the file')
    .option('--set <KEY=VALUE>', 'sets a key, such as training.steps=100; repeatable', collect, [])
    .option('--only <CELL>', 'only cells of this name or pattern; repeatable', collect, [])
    .option('--out <DIR>', 'where run directories are made', 'runs')
    .option(
      '--rerun-stale',
      'moves runs of another configuration or data aside and redoes them',
      false,
    )
    .option('--dry-run', 'says what is left to do and about how long it takes; runs nothing', false)
    .addOption(
      new Option('--allow <KIND>', 'goes on though this differs from how the run began; repeatable')
        .choices(DIFFERENCE_KINDS)
        .argParser(differenceKind)
        .default([], 'nothing'),
    )
    .option('--json', 'prints the results as JSON', false)
    .option('--jobs <N>', 'cells at a time, each in a process of its own', countOf, 1)
    .option('--launcher <NAME>', 'the plugin that starts the cells')
    .addHelpText('after', example('mmsr-run experiments/quickstart.yaml --set training.steps=200'))
    .action((file: string, options: RunCommandOptions) => finish(runCommand(file, options)));
  program
    .command('check')
    .description(
      'opens the data, builds each model, computes one batch of each kind; trains nothing',
    )
    .argument('<experiment.yaml>', 'the experiment file')
    .option('--profile <NAME>', 'applies one of the profiles of the file')
    .option('--set <KEY=VALUE>', 'sets a key; repeatable', collect, [])
    .option('--only <CELL>', 'only cells of this name or pattern; repeatable', collect, [])
    .option('--out <DIR>', 'where run directories would be made', 'runs')
    .option('--preview <FOLDER>', 'writes a picture of each image with its patches')
    .option('--no-batch', 'computes no batch, as where another machine will train')
    .option('--resolved', 'prints the file with every default filled in; computes no batch', false)
    .addHelpText('after', example('mmsr-run check experiments/quickstart.yaml --resolved'))
    .action((file: string, options: CheckCommandOptions) => finish(checkCommand(file, options)));
  addReport(program, finish);
  addVerify(program, finish);
  addSync(program, finish);
}

/** What is here: plugins, engines, native parts. */
function addMachineCommands(program: Command, finish: Finish): void {
  program
    .command('plugins')
    .description('what is found, from where, with which options')
    .argument('[NAME]', 'one plugin, with its options')
    .addHelpText('after', example('mmsr-run plugins swinir'))
    .action((name: string | undefined) => finish(pluginsCommand(name)));
  program
    .command('schema')
    .description('the JSON Schema of experiment files, installed plugins included, for editors')
    .addHelpText('after', example('mmsr-run schema > mmsr.schema.json'))
    .action(() => finish(schemaCommand()));
  program
    .command('engine')
    .description('what can compute here, why others cannot, how fast each is')
    .addHelpText('after', example('mmsr-run engine'))
    .action(() => finish(engineCommand()));
  program
    .command('install')
    .description('installs a native part into the cache folder: tensorflow, openslide')
    .argument('<NAME>', 'the native part')
    .option('--gpu', 'takes the build for NVIDIA GPUs', false)
    .option('--uninstall', 'removes every build and version of it', false)
    .addHelpText('after', example('mmsr-run install tensorflow'))
    .action((name: string, options: InstallCommandOptions) =>
      finish(installCommand(name, options)),
    );
}

function addReport(program: Command, finish: Finish): void {
  program
    .command('report')
    .description(
      'report, statistics and tables of what is done of a study, written into its folder',
    )
    .argument('<DIR>', 'the folder of a study, such as runs/NAME, or of one run')
    .option('--json', 'prints the statistics as JSON', false)
    .addHelpText('after', example('mmsr-run report runs/plug-and-play'))
    .action((folder: string, options: ReportCommandOptions) =>
      finish(reportCommand(folder, options)),
    );
}

function addVerify(program: Command, finish: Finish): void {
  program
    .command('verify')
    .description('recomputes the digests of a run: images, weights, results')
    .argument('<RUN>', 'the run directory of a cell that is done, such as runs/NAME/main')
    .option(
      '--rerun',
      'repeats the run from its manifest; compares results, weights and validation',
      false,
    )
    .option(
      '--trust-plugins',
      'imports its plugins that do not come with mmsr-run: they run',
      false,
    )
    .option('--folder <DIR>', 'where the paths of its images begin, if not where they did')
    .addHelpText('after', example('mmsr-run verify runs/quickstart/main --rerun'))
    .action((directory: string, options: VerifyCommandOptions) =>
      finish(verifyCommand(directory, options)),
    );
}

function addSync(program: Command, finish: Finish): void {
  program
    .command('sync')
    .description('sends to MLflow what is not there yet of a run or a study')
    .argument('<DIR>', 'the folder of a study, such as runs/NAME, or of one run')
    .option('--uri <URI>', 'the server; default: that of the experiment, else MLFLOW_TRACKING_URI')
    .addHelpText('after', example('mmsr-run sync runs/plug-and-play'))
    .action((folder: string, options: SyncCommandOptions) => finish(syncCommand(folder, options)));
}

function example(line: string): string {
  return `\nExample:\n  npx ${line}`;
}

/** Runs the command line. @returns the exit code */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = createProgram(async (code) => {
    exitCode = await code;
  });
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.code === 'commander.excessArguments') hintAtCommands(program);
      return error.exitCode === 0 ? EXIT.done : EXIT.wrongInput;
    }
    process.stderr.write(`${describe(error)}\n`);
    return exitCodeOfError(error);
  }
}

/** Of two words the first was likely meant as a command: `mmsr-run chek exp.yaml`. */
function hintAtCommands({ args, commands }: Command): void {
  const known = commands.map((command) => command.name());
  const [word] = args;
  if (word === undefined || known.includes(word)) return;
  process.stderr.write(`There is no command "${word}". ${suggestBriefly(word, known)}\n`);
}
