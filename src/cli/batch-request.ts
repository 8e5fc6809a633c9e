import type { RunRequest } from '../client/api.ts';
import { GhostError } from '../ghost-error.ts';
import type { EnvironmentEntry } from '../protocol/messages.ts';
import { userShell } from '../user-shell.ts';
import { nearest } from '../words/nearest.ts';
import { visible } from '../words/visible.ts';
import type { CommandContext } from './command.ts';
import { durationOption } from './duration-option.ts';
import type { Invocation } from './parse.ts';
import { folderOf, parseEntry, refuseTooLarge, withEntries } from './run-request.ts';

/** What a line of a batch may say. */
const fields = ['command', 'cwd', 'env', 'name', 'tags'] as const;
const example = `{"command":["sleep","60"],"name":"nap"}`;

type Caller = Pick<CommandContext, 'environment' | 'callerEnvironment' | 'cwd'>;

/**
 * How the lines of `ghost run --batch` become requests. The options beside it are for all lines; what a line says
 * itself counts more, and its tags and variables come on top.
 * @throws GhostError `usage` for options and words that go with no batch, `cwd-not-usable`.
 */
export function batchRequests({ options, words }: Invocation, caller: Caller): (line: string) => RunRequest {
  const script = options.value('shell');
  const [word] = words;
  if (script !== null && script !== '') {
    throw new GhostError('usage', 'with --batch the scripts are the lines of the file, and -c takes none', {
      hint: 'ghost run -c --batch FILE',
    });
  }
  if (word !== undefined) {
    throw new GhostError('usage', `with --batch the commands are in the file; "${visible(word)}" is too much`, {
      hint: 'ghost run --batch FILE',
    });
  }
  if (options.has('follow')) {
    throw new GhostError('usage', '--follow shows the output of one task, and --batch starts many', {
      hint: 'ghost run --batch FILE, then: ghost log -f ID',
    });
  }
  const base = folderOf(options.value('cwd') ?? '.', caller);
  const entries = options.values('env').map(parseEntry);
  // Read once: a batch may have a hundred thousand lines.
  const environment = withEntries(caller.callerEnvironment(), entries);
  const name = options.value('name');
  const timeoutMs = durationOption(options, 'timeout');
  const shared = {
    cwd: base,
    environment,
    ...(name === null ? {} : { name }),
    tags: options.values('tag'),
    ...(timeoutMs === null ? {} : { timeoutMs }),
  };
  if (script !== null) {
    const shell = userShell(caller.environment);
    return (line) => checked({ ...shared, command: [shell, '-c', line] });
  }
  return (line) => {
    const own = readTask(line);
    return checked({
      ...shared,
      command: own.command,
      cwd: own.cwd === null ? base : folderOf(own.cwd, { cwd: () => base }),
      environment: own.env.length === 0 ? environment : withEntries(environment, own.env),
      ...(own.name === null ? {} : { name: own.name }),
      tags: [...new Set([...shared.tags, ...own.tags])],
    });
  };
}

interface TaskLine {
  readonly command: readonly string[];
  readonly cwd: string | null;
  readonly env: readonly EnvironmentEntry[];
  readonly name: string | null;
  readonly tags: readonly string[];
}

/** @throws GhostError `invalid-request` that says which part of the line is wrong. */
function readTask(line: string): TaskLine {
  const value = parseJson(line);
  for (const key of Object.keys(value)) {
    if (fields.some((field) => field === key)) continue;
    const near = nearest(key, fields);
    const known = near === null ? `it may have ${fields.join(', ')}` : `did you mean "${near}"?`;
    throw wrong(`"${visible(key)}" is no field of a task; ${known}`);
  }
  const command = value['command'];
  if (!isTexts(command) || command.length === 0 || command[0] === '') {
    throw wrong('"command" must be a list of words, such as ["sleep","60"]');
  }
  return {
    command,
    cwd: textOrNull(value, 'cwd'),
    env: entriesOf(value['env'] ?? null),
    name: textOrNull(value, 'name'),
    tags: tagsOf(value['tags'] ?? null),
  };
}

function parseJson(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw wrong(`it is no JSON; a line is ${example}, or with -c a line of shell`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw wrong(`it is no JSON object; a line is ${example}`);
}

function textOrNull(value: Readonly<Record<string, unknown>>, field: 'cwd' | 'name'): string | null {
  const text = value[field] ?? null;
  if (text === null || (typeof text === 'string' && text !== '')) return text;
  throw wrong(`"${field}" must be text that is not empty`);
}

function entriesOf(env: unknown): readonly EnvironmentEntry[] {
  if (env === null) return [];
  if (typeof env !== 'object' || Array.isArray(env)) {
    throw wrong('"env" must be an object of names and values, such as {"A":"1"}');
  }
  return Object.entries(env).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'string') return [name, value];
    throw wrong(`"env" must have text for ${visible(name)}`);
  });
}

function tagsOf(tags: unknown): readonly string[] {
  if (tags === null) return [];
  if (isTexts(tags)) return tags;
  throw wrong('"tags" must be a list of texts');
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function checked(request: RunRequest): RunRequest {
  refuseTooLarge(request.command);
  return request;
}

function wrong(message: string): GhostError {
  return new GhostError('invalid-request', message);
}
