import { Command } from 'commander';
import { addClientCommands, exit } from '../cli/add-commands.ts';
import { clientOutside } from './client-outside.ts';
import { runProgram } from './run-program.ts';

// A program: the commands that ask the API, and nothing else. `npm run client` makes one file of it.
await runProgram(
  addClientCommands(
    new Command('kurogane').description('The client of Kurogane, a bare-metal service.').exitOverride(exit),
    clientOutside(),
  ),
);
