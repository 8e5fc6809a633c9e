// Whether the checkout in the present folder may become the release that a tag names. Says all that is missing.
//
//   node scripts/check-release.mjs v0.2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const tag = process.argv[2] ?? '';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const heading = readFileSync('CHANGELOG.md', 'utf8').match(/^## .*$/m)?.[0] ?? '';
const fixture = join('test', 'fixtures', 'data', `journal-${version}`);

const missing = [
  tag === `v${version}` ? [] : [`the tag is ${tag || 'not named'}, the version in package.json ${version}`],
  lock.version === version ? [] : [`package-lock.json says ${lock.version}: npm install`],
  new RegExp(`^## ${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d{2}-\\d{2}\\)$`).test(heading)
    ? []
    : [`CHANGELOG.md begins with "${heading}" and not with "## ${version} (its date)"`],
  existsSync(join(fixture, 'tasks.db')) ? [] : [`${fixture} is not there: npm run fixture`],
].flat();
for (const line of missing) process.stderr.write(`release: ${line}\n`);
process.exitCode = missing.length === 0 ? 0 : 1;
