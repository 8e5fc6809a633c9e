import type { Client } from '../../client/api.ts';
import type { EnvironmentValue, TaskDetail } from '../../protocol/answers.ts';

/** A variable that differs, with what may be shown of it on either side; null where it is not there. */
export interface VariableDiff {
  readonly name: string;
  readonly kind: 'removed' | 'added' | 'changed';
  readonly a: EnvironmentValue | null;
  readonly b: EnvironmentValue | null;
}

/**
 * The variables that differ, by name. What is masked has to be compared as well: those values are asked for, looked at,
 * and given to nobody unless `reveal`.
 */
export async function environmentDiff(
  client: Client,
  { a, b, reveal }: { readonly a: TaskDetail; readonly b: TaskDetail; readonly reveal: boolean },
): Promise<readonly VariableDiff[]> {
  if (hashOf(a) !== null && hashOf(a) === hashOf(b)) return [];
  const [one, other] = await Promise.all([a, b].map(({ task }) => variablesOf(client, String(task.id), { reveal })));
  const names = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])].toSorted();
  return names.flatMap((name): readonly VariableDiff[] => {
    const [left, right] = [one?.get(name), other?.get(name)];
    if (left === undefined) return right === undefined ? [] : [{ name, kind: 'added', a: null, b: right.shown }];
    if (right === undefined) return [{ name, kind: 'removed', a: left.shown, b: null }];
    return left.compared === right.compared ? [] : [{ name, kind: 'changed', a: left.shown, b: right.shown }];
  });
}

interface Variable {
  readonly shown: EnvironmentValue;
  readonly compared: string;
}

async function variablesOf(
  client: Client,
  id: string,
  { reveal }: { readonly reveal: boolean },
): Promise<ReadonlyMap<string, Variable>> {
  const whole = await client.environment(id, { reveal: true });
  const masked = reveal ? whole : await client.environment(id);
  return new Map(
    whole.map((variable, place) => [
      variable.name,
      { shown: masked[place] ?? variable, compared: comparedForm(variable) },
    ]),
  );
}

/** What was redacted is equal only to what was redacted as well. */
function comparedForm({ value, shown }: EnvironmentValue): string {
  if (value === null) return shown;
  return `=${Buffer.from(value).toString('latin1')}`;
}

function hashOf({ events }: TaskDetail): string | null {
  const submitted = events.find((event) => event.type === 'TaskSubmitted');
  return submitted?.data.environmentHash ?? null;
}
