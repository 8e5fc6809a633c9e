import { commandTable, optionsOf } from '../../../src/cli/command-table.ts';
import { complete } from '../../../src/cli/completion/candidates.ts';
import type { Client } from '../../../src/client/api.ts';
import { GhostError } from '../../../src/ghost-error.ts';
import { ghost } from '../../cli/fake-world.ts';
import { complaint, type FuzzTarget, oneOf, type Random } from '../fuzz-target.ts';
import { randomText } from '../mutate.ts';

const linesPerRound = 100;
const statuses: readonly number[] = [0, 1, 2, 3, 4, 124, 126, 127];
const names = commandTable.map(({ name }) => name);
const [firstName = 'list', ...otherNames] = names;

/** What is asked of a daemon, whatever it is, is refused: this is about what is typed. */
const refusing = new Proxy<Partial<Client>>(
  {},
  {
    get: (_target, operation) => {
      if (operation === 'close' || operation === Symbol.asyncDispose) return () => Promise.resolve();
      return () => {
        throw new GhostError('no-such-task', 'there is no task 1', { hint: 'ghost list' });
      };
    },
    ownKeys: () => [],
  },
);

/** Whatever is typed behind `ghost`. */
export const commandLines: FuzzTarget = {
  name: 'command-lines',
  begin: () =>
    Promise.resolve({
      round: async (random: Random) => {
        const complaints: string[] = [];
        for (let line = 0; line < linesPerRound; line += 1) complaints.push(...(await tryOne(random)));
        return complaints;
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};

async function tryOne(random: Random): Promise<readonly string[]> {
  const argv = randomLine(random);
  try {
    complete(argv);
    const refuse = (): Promise<never> => Promise.reject(new GhostError('internal', 'not here'));
    const { result, stdout, stderr } = await ghost(argv, {
      connect: () => Promise.resolve(refusing as Client),
      openInput: () => randomInput(random),
      after: () => () => undefined,
      loadDaemon: refuse,
      loadScreen: refuse,
      loadDoctor: refuse,
      loadVerifier: refuse,
    });
    const status = typeof result === 'number' ? result : null;
    if (status !== null && !statuses.includes(status)) return [complaint(`ended with ${status}`, argv)];
    const said = stdout + stderr;
    if (/unexpected went wrong|\n {4}at /.test(said)) return [complaint(`said ${JSON.stringify(said)}`, argv)];
    if (status !== 0 && stderr === '') return [complaint(`ended with ${status} and said nothing`, argv)];
    return [];
  } catch (error) {
    return [complaint(`threw ${error instanceof Error ? error.stack : String(error)}`, argv)];
  }
}

function randomLine(random: Random): readonly string[] {
  const name = oneOf(random, [firstName, ...otherNames]);
  const command = commandTable.find((spec) => spec.name === name);
  const options = command === undefined ? [] : optionsOf(command);
  const words = Array.from({ length: random(6) }, () => {
    const option = options[random(options.length)];
    if (option === undefined || random(3) === 0) return [randomText(random)];
    const value = oneOf(random, [randomText(random), '1', '2h', 'TERM', 'failed', '10%', '/']);
    if (option.value === null) return [`--${option.long}`];
    return oneOf(random, [
      [`--${option.long}=${value}`],
      [`--${option.long}`, value],
      [`-${option.short ?? 'x'}`, value],
    ]);
  }).flat();
  return random(10) === 0 ? [randomText(random), ...words] : [name, ...words];
}

async function* randomInput(random: Random): AsyncGenerator<Uint8Array, void, void> {
  for (let line = random(4); line > 0; line -= 1) yield Buffer.from(`${randomText(random)}\n`);
}
