'use strict';
// npm runs this after `npm ci` in a checkout (not when the published package is installed), so that a clone is
// ready to use after one command.
require('child_process').execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
