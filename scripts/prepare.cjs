'use strict';
// npm runs this after `npm ci` in a checkout, so that a clone is ready to use after one command. It is the workspace's
// `prepare` (tools/runtime) and not the package's own: npm warns whoever installs a tarball of scripts that it names.
const { execFileSync } = require('node:child_process');
const path = require('node:path');

execFileSync('npm', ['run', '--silent', 'build'], { cwd: path.join(__dirname, '..'), stdio: 'inherit' });
