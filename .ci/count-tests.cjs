'use strict';
// Prints `N passed, N failed` from vitest's JSON report. Runs on the Node that npm itself runs on.
// argv: the report's file, the exit status of the check
const { readFileSync } = require('node:fs');

const [file, status] = process.argv.slice(2);
const report = readReport(file);
const passed = report.numPassedTests;
// A file that could not even be loaded has no tests that could fail.
const unloaded = report.testResults.filter(
  ({ status: outcome, assertionResults }) =>
    outcome === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
);
let failed = report.numFailedTests + unloaded.length;
if (status !== '0' && failed === 0) {
  // The format, the linter, the types, or something around the tests, such as a process that they left behind.
  process.stdout.write(`The check failed with exit status ${status}, although no test did: see above.\n`);
  failed = 1;
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);

function readReport(path) {
  const text = readFileSync(path, 'utf8');
  // Empty where the check ended before the tests were reached.
  return text === '' ? { numPassedTests: 0, numFailedTests: 0, testResults: [] } : JSON.parse(text);
}
