import { expect, test } from 'vitest';

import { textColumnsMin } from '../../src/cli/commands/doctor.ts';
import type { Doctor } from '../../src/doctor/patient.ts';
import { KeptOutput, ghost } from './fake-world.ts';

/** A doctor that finds the read models in order, after a while. */
const doctor: Doctor = {
  async *examine({ onProgress }) {
    await onProgress({ step: 'reading', events: 2_500_000, eventsTotal: 5_000_000 });
    await onProgress({ step: 'folding', events: 1_200, eventsTotal: 5_000_000 });
    await onProgress({ step: 'folding', events: 5_000_000, eventsTotal: 5_000_000 });
    yield { check: 'read models', status: 'ok', message: 'they are as kept', hint: null, mendable: false };
  },
  explainSettings: () => {
    throw new Error('nobody asked for the settings');
  },
  settingsSchema: () => ({}),
};
const loadDoctor = (): Promise<Doctor> => Promise.resolve(doctor);
const client = { status: () => Promise.resolve({ pid: 1, version: '0' } as never) };

test('on a terminal a rebuild shows how far it is in one line, which is gone before anything else is said', async () => {
  let clock = 0;
  const now = (): number => (clock += 1_000);
  const both = new KeptOutput({ columns: 80 });
  const { result } = await ghost(['doctor', '--rebuild'], { client, loadDoctor, now, stdout: both, stderr: both });
  expect(result).toBe(0);
  expect(both.text.replaceAll('\u001b', 'ESC')).toContain(
    '\rreading event 2,500,000 of 5,000,000ESC[K\rfolding event 1,200 of 5,000,000ESC[K\rcomparing with what was keptESC[K\rESC[K',
  );
  expect(both.text).toContain('they are as kept\n');
});

test('elsewhere a rebuild says what it found and nothing more', async () => {
  let clock = 0;
  const now = (): number => (clock += 1_000);
  const said = await ghost(['doctor', '--rebuild'], { client, loadDoctor, now });
  expect(said).toMatchObject({ stderr: '', stdout: 'ok       read models  they are as kept\n\nall is well\n' });
});

test('on a terminal that is narrower than a sentence can be it is wrapped as on the least one', async () => {
  const first = async (word: string, columns: number): Promise<string | undefined> => {
    const wordy: Doctor = {
      ...doctor,
      async *examine() {
        await Promise.resolve();
        yield { check: 'disk', status: 'ok', message: `it is ${word}`, hint: '', mendable: false };
      },
    };
    const loadWordy = (): Promise<Doctor> => Promise.resolve(wordy);
    const stdout = new KeptOutput({ columns });
    return (await ghost(['doctor', '--no-color'], { client, loadDoctor: loadWordy, stdout })).stdout.split('\n', 1)[0];
  };
  const head = 'ok       disk         ';
  const most = 'x'.repeat(textColumnsMin - 'it is '.length);
  for (const columns of [1, head.length + textColumnsMin]) {
    expect(await first(most, columns)).toBe(`${head}it is ${most}`);
    expect(await first(`${most}x`, columns)).toBe(`${head}it is`);
  }
  expect(await first(`${most}x`, head.length + textColumnsMin + 1)).toBe(`${head}it is ${most}x`);
});
