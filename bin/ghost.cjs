#!/usr/bin/env node
'use strict';
// The first file that runs. ES5 on purpose: it must parse on any Node, so that one that is too old gets an answer (what
// lies behind this file crashes there, better-sqlite3 with a segmentation fault) or, in a checkout, is stood in for by
// the Node that the checkout brings along.
var fs = require('fs');
var path = require('path');

/** EX_CONFIG of sysexits(3): nothing is wrong with the command, but with what it runs on. */
var exitUnusable = 78;
/** The first Nodes with version 10 of Node-API, which better-sqlite3 is built for: on others it crashes. */
var needed = [
  [22, 14],
  [23, 6]
];
/** In the single executable this name is scripts/single-parts.js. */
var single = typeof singleExecutable === 'object' ? singleExecutable : null;
var root = single === null ? path.join(__dirname, '..') : single.root;
var cli = path.join(root, 'dist', 'cli.cjs');
/** What has been loaded of it besides, by name. */
var parts = {};

if (isNewEnough(process.versions.node)) {
  start();
} else {
  standIn();
}

function isNewEnough(version) {
  var have = version.split('.').map(Number);
  return (
    have[0] > needed[needed.length - 1][0] ||
    needed.some(function (least) {
      return have[0] === least[0] && have[1] >= least[1];
    })
  );
}

/**
 * Runs the command line, with the code that V8 made of it when this command was last run. Node's own compile cache keeps
 * only what is compiled before a program begins, and compiles the rest, which is most of a short command, every time.
 */
function start() {
  try {
    load(cli);
  } catch (error) {
    if (error.code !== 'ENOENT' || error.path !== cli) throw error;
    refuseUnbuilt();
  }
}

/** A bundle of the command line. One that the build has given no name is left to Node. */
function load(file) {
  // The build makes it ASCII, which is read fastest like this.
  var source = single === null ? fs.readFileSync(file, 'latin1') : single.source(file);
  // V8 compares no more than lengths: what the code was made of is in its file's name.
  var build = /^\/\* build ([0-9a-f]{16}) \*\//.exec(source);
  var folder = build === null ? null : cacheFolder();
  if (folder === null) return requireWithNodesCache(file);
  var command = /^[a-z]{2,12}$/.test(process.argv[2]) ? process.argv[2] : 'other';
  var place = path.join(folder, process.version + '-' + process.arch, build[1] + '-' + command);
  var script = new (require('vm').Script)(
    '(function (exports, require, module, __filename, __dirname) {' + source + '\n})',
    { filename: file, cachedData: readCode(place) }
  );
  if (script.cachedDataRejected !== false) {
    process.on('exit', function (status) {
      // Wrong words give no command whose code is worth keeping.
      if (status === 0) keepCode(place, build[1], script);
    });
  }
  var loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, requireFromDist, loaded, file, path.dirname(file));
  return loaded.exports;
}

/** Beside the command line lie the parts of it that only some commands need. Each is loaded once. */
function requireFromDist(name) {
  if (name.charAt(0) !== '.') return requireFile(name);
  if (!(name in parts)) parts[name] = load(path.join(path.dirname(cli), name));
  return parts[name];
}

/** Good enough for the daemon, the screen and what else runs for long. */
function requireWithNodesCache(file) {
  var folder = cacheFolder();
  try {
    // Made here, because Node's own way of making it never returns in some places, as `makeFolder` says.
    if (folder !== null) makeFolder(folder);
  } catch (error) {
    folder = null;
  }
  if (folder !== null) require('module').enableCompileCache(folder);
  return requireFile(file);
}

function requireFile(name) {
  return single === null ? require(name) : single.require(name);
}

/** Where V8's code is kept, or null where it is not to be: Node's own variables for that count here as well. */
function cacheFolder() {
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return null;
  var cache = process.env.XDG_CACHE_HOME;
  if (cache && path.isAbsolute(cache)) return path.join(cache, 'ghost', 'v8');
  // A relative path is to be ignored, says the XDG Base Directory specification.
  try {
    return path.join(process.env.HOME || require('os').homedir(), '.cache', 'ghost', 'v8');
  } catch (error) {
    // No home at all.
    return null;
  }
}

/** The code, or undefined. It is run: so only from a file that nobody else can have written. */
function readCode(place) {
  var descriptor;
  try {
    descriptor = fs.openSync(place, 'r');
    var stat = fs.fstatSync(descriptor);
    var own = !process.getuid || (stat.uid === process.getuid() && (stat.mode & 18) === 0);
    return own ? fs.readFileSync(descriptor) : undefined;
  } catch (error) {
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** Only ever a help: no error counts. */
function keepCode(place, build, script) {
  var folder = path.dirname(place);
  var beside = place + '.' + process.pid + '.tmp';
  try {
    makeFolder(folder);
    var descriptor = fs.openSync(beside, 'wx', 384);
    try {
      fs.writeSync(descriptor, script.createCachedData());
      // A power cut must not leave half of it under the name of the whole.
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(beside, place);
    forgetOldBuilds(folder, build);
  } catch (error) {
    try {
      fs.unlinkSync(beside);
    } catch (gone) {
      // It was not made.
    }
  }
}

/** 0700. Not by mkdir's own `recursive`, which never returns below a folder that takes no other and says ENOENT, as /proc. */
function makeFolder(folder) {
  if (fs.existsSync(folder)) return;
  if (path.dirname(folder) !== folder) makeFolder(path.dirname(folder));
  try {
    fs.mkdirSync(folder, 448);
  } catch (error) {
    // Another ghost was faster.
    if (error.code !== 'EEXIST') throw error;
  }
}

/** What no build has asked for in a month, and what a killed ghost left half written. */
function forgetOldBuilds(folder, build) {
  var monthMs = 30 * 24 * 60 * 60 * 1000;
  fs.readdirSync(folder).forEach(function (name) {
    var file = path.join(folder, name);
    if (name.indexOf(build) === 0 && name.slice(-4) !== '.tmp') return;
    if (Date.now() - fs.statSync(file).mtimeMs > monthMs) fs.unlinkSync(file);
  });
}

function standIn() {
  var runtime = pinnedRuntime();
  if (runtime !== null) {
    relaunch(runtime);
  } else if (!fs.existsSync(cli)) {
    refuseUnbuilt();
  } else {
    refuse(
      'needs Node.js ' +
        needed[0].join('.') +
        ', ' +
        needed[1].join('.') +
        ' or newer; this is ' +
        process.version +
        ' (' +
        process.execPath +
        ')',
      'install a current Node.js (https://nodejs.org), or name one: /path/to/node ' + __filename,
      exitUnusable
    );
  }
}

/** The checkout's own Node, or the one of a project that ghost was installed into; null where none is there and new enough. */
function pinnedRuntime() {
  // Without what relaunch() builds on.
  if (!(Number(process.versions.node.split('.')[0]) >= 12)) return null;
  var candidates = [path.join(root, 'node_modules', '.bin', 'node')];
  if (path.basename(path.dirname(root)) === 'node_modules') candidates.push(path.join(root, '..', '.bin', 'node'));
  for (var i = 0; i < candidates.length; i += 1) {
    var answer = require('child_process').spawnSync(candidates[i], ['--version'], { encoding: 'utf8' });
    if (answer.status === 0 && isNewEnough(answer.stdout.trim().replace(/^v/, ''))) return candidates[i];
  }
  return null;
}

/**
 * Runs this file again on a newer Node, as if it had been that from the start: same standard streams, environment,
 * signals and end. Nothing marks the second start, so nothing can leak into a task: the runtime has been asked for its
 * version, so it does not come here again.
 */
function relaunch(runtime) {
  if (process.argv.join('').indexOf('\ufffd') !== -1 && !isText('/proc/self/cmdline')) {
    refuse('an argument is not valid UTF-8, and a task would not get it as it is', 'give it in UTF-8', 1);
    return;
  }
  var child;
  // Before the child exists, so that no signal can end this process alone: it is handled once the child is there.
  var forwarded = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'];
  forwarded.forEach(function (name) {
    process.on(name, function () {
      if (!comesFromKeyboard(name)) child.kill(name);
    });
  });
  child = spawnWithSameEnvironment(runtime, [__filename].concat(process.argv.slice(2)));
  child.on('error', function (error) {
    refuse('could not start ' + runtime + ' (' + error.message + ')', 'npm ci', exitUnusable);
    process.exit();
  });
  child.on('exit', function (status, signal) {
    if (!signal) process.exit(status);
    forwarded.forEach(function (name) {
      process.removeAllListeners(name);
    });
    process.kill(process.pid, signal);
    // Still here: as the first process of a container, which the kernel spares.
    process.exit(128 + (require('os').constants.signals[signal] || 0));
  });
}

/**
 * Node builds the child's environment out of strings, so that a value that is not UTF-8 would reach the tasks changed.
 * Where there is such a value, libuv is left to pass on the environment as it is, which it does when it is told none.
 * That is internal, but of Nodes that are out already: newer ones never get here.
 */
function spawnWithSameEnvironment(file, args) {
  var childProcess = require('child_process');
  if (isText('/proc/self/environ')) return childProcess.spawn(file, args, { stdio: 'inherit' });
  var child = new childProcess.ChildProcess();
  var handle = child._handle;
  var spawn = handle.spawn;
  handle.spawn = function (options) {
    options.envPairs = undefined;
    return spawn.call(handle, options);
  };
  child.spawn({ file: file, args: [file].concat(args), stdio: 'inherit', envPairs: [] });
  return child;
}

/**
 * Whether the terminal has sent this signal to the child as well: it sends ^C and ^\ to the whole foreground process
 * group, and a second one would cut short what the first one started. Fields 5 and 8 of /proc/self/stat are the own
 * group and the terminal's (proc(5)); where there is no /proc, a terminal on a standard stream has to tell.
 */
function comesFromKeyboard(signal) {
  if (signal !== 'SIGINT' && signal !== 'SIGQUIT') return false;
  try {
    var stat = fs.readFileSync('/proc/self/stat', 'latin1');
    var fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5];
  } catch (error) {
    var tty = require('tty');
    return tty.isatty(0) || tty.isatty(1) || tty.isatty(2);
  }
}

/** Whether a file of the kernel's is all UTF-8; Node's own copies have U+FFFD for what is not. True where there is none. */
function isText(file) {
  try {
    var bytes = fs.readFileSync(file);
    return Buffer.from(bytes.toString('utf8')).equals(bytes);
  } catch (error) {
    return true;
  }
}

function refuseUnbuilt() {
  refuse('is not built yet: ' + cli + ' is not there', 'npm ci (in ' + path.resolve(root) + ')', exitUnusable);
}

function refuse(message, hint, status) {
  process.stderr.write('ghost: ' + message + '\n  try: ' + hint + '\n');
  process.exitCode = status;
}
