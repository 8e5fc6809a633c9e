/**
 * The shim: one POSIX shell for each task, which outlives the daemon, keeps the exit status in a file and pumps the
 * task's pipes into the spools. It is passed whole (`sh -c "$text"`), because a shell reads a script file as it goes
 * and an upgrade would change it under a living shim.
 *
 * Its arguments: the folder; umask and soft limit of open files for the task; cat, mkfifo and sleep by absolute path
 * (PATH is the task's); then the command, behind `setsid --` where nothing comes on the go pipe.
 *
 * Descriptors that it is given: 0 the go pipe; 1, 2 the spools; 3 the status file; 4 what this shell itself says.
 * On the go pipe come words for the front of the command, the last one first: `=WORD` lines as they are, and `+WORD`
 * lines in printf's %b escapes, each of which costs a process more; and then `go`. End-of-file before that is a daemon that died: nothing runs.
 *
 * After the start line the go pipe is read once more, to its end: the daemon ends it when it holds a descriptor of the
 * process that becomes the task, so that the kernel can be asked how even the shortest task ended. A daemon that dies
 * ends it too, and the task begins all the same.
 *
 * It writes to the status file, one line an append:
 *   `pumps P Q`        the pids of the two pumps
 *   `start PID TICKS`  the task is about to be: written by the process that becomes it
 *   `0m0.1s 0m0.0s`    twice, from `times`: this shell's processor time and its children's
 *   `exit N`           the task's end, N as the shell tells it (128+n for signal n); its time is the file's
 *   `abort WHY`        nothing was started
 * A pump's pid may be a stranger's by the time that it is looked at: one of its own is its child, and one that a daemon put
 * in began when its `.pump` file says (fields 4 and 22 of /proc/PID/stat, proc(5)).
 *
 * Its own end means that both streams have reached theirs. Where a pump was gone before that, it pumps the rest itself
 * and leaves an empty file `stdout.again` or `stderr.again`, because what the pump held is lost.
 *
 * A task whose start cannot be noted (a full disk) is not started.
 *
 * Why it is as it is: FIFOs, because `echo x > /dev/stderr` reopens a plain file and truncates it. They are opened for
 * reading and writing first, so that no open blocks, and the pumps inherit their ends: one that opened by path could
 * wait for ever. The task is in the foreground, because POSIX has `&` ignore SIGINT and SIGQUIT, and in a session of
 * its own, so that signals to its group never meet the shim. The traps are handlers, which exec resets, and not
 * ignores, which it keeps. Bash is told to be no POSIX shell, because as one it says nothing of the signal that has
 * ended its child, and 128+n could not be told apart. The pumps speak no language: to load one (setlocale(3), some
 * forty files) would be a good part of what they cost. Every variable begins with `ghost_shim_`: to assign to a name that
 * the task's environment has too would change what the task sees.
 */
export const shimText = `
[ -z "$BASH_VERSION" ] || set +o posix
trap : HUP INT QUIT TERM
exec 5>&2 2>&4
ghost_shim_dir=$1 ghost_shim_umask=$2 ghost_shim_files=$3
ghost_shim_cat=$4 ghost_shim_mkfifo=$5 ghost_shim_sleep=$6
shift 6
ghost_shim_go=
while IFS= read -r ghost_shim_line; do
  case $ghost_shim_line in
    go) ghost_shim_go=yes; break ;;
    =*) set -- "\${ghost_shim_line#=}" "$@" ;;
    +*) ghost_shim_line=$(printf '%b/' "\${ghost_shim_line#+}"); set -- "\${ghost_shim_line%/}" "$@" ;;
  esac
done
[ "$ghost_shim_go" = yes ] || { echo 'abort no-go' >&3; exit 0; }
[ -p "$ghost_shim_dir/stderr.fifo" ] ||
  "$ghost_shim_mkfifo" "$ghost_shim_dir/stdout.fifo" "$ghost_shim_dir/stderr.fifo" ||
  { echo 'abort mkfifo' >&3; exit 0; }
exec 6<>"$ghost_shim_dir/stdout.fifo" 7<>"$ghost_shim_dir/stderr.fifo" \\
  8<"$ghost_shim_dir/stdout.fifo" 9<"$ghost_shim_dir/stderr.fifo"
LC_ALL=C "$ghost_shim_cat" <&8 3>&- 4>&- 5>&- 6>&- 7>&- 8<&- 9<&- &
ghost_shim_out=$!
LC_ALL=C "$ghost_shim_cat" <&9 >&5 3>&- 4>&- 5>&- 6>&- 7>&- 8<&- 9<&- &
ghost_shim_err=$!
echo "pumps $ghost_shim_out $ghost_shim_err" >&3
(
  IFS=' ' read -r ghost_shim_pid ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x \\
    ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x \\
    ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_x ghost_shim_start ghost_shim_x \\
    </proc/self/stat
  umask "$ghost_shim_umask"
  [ -z "$ghost_shim_files" ] || ulimit -Sn "$ghost_shim_files" 2>/dev/null
  echo "start $ghost_shim_pid $ghost_shim_start" >&3 || exit 1
  IFS= read -r ghost_shim_line
  exec 0</dev/null 1>&6 2>&7 3>&- 4>&- 5>&- 6>&- 7>&- 8<&- 9<&-
  exec "$@"
)
ghost_shim_code=$?
times >&3
echo "exit $ghost_shim_code" >&3
exec 3>&- 6>&- 7>&-
ghost_shim_look() {
  { IFS= read -r ghost_shim_line <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${ghost_shim_line##*) }
  ghost_shim_parent=$2 ghost_shim_start=\${20}
}
ghost_shim_ended() {
  while :; do
    wait "$1" && return 0
    ghost_shim_look "$1" && [ "$ghost_shim_parent" = "$$" ] || break
  done
  while [ -e "$ghost_shim_dir/$2.pump" ]; do
    ghost_shim_pid= ghost_shim_noted=
    { read -r ghost_shim_pid; read -r ghost_shim_noted; } <"$ghost_shim_dir/$2.pump"
    if [ -n "$ghost_shim_pid" ]; then
      ghost_shim_look "$ghost_shim_pid" || break
      [ "\${ghost_shim_noted:-$ghost_shim_start}" = "$ghost_shim_start" ] || break
    fi
    "$ghost_shim_sleep" 1
  done
  until true >"$ghost_shim_dir/$2.again" || ! [ -d "$ghost_shim_dir" ]; do "$ghost_shim_sleep" 1; done
  return 1
}
ghost_shim_ended "$ghost_shim_out" stdout || until "$ghost_shim_cat" <&8; do "$ghost_shim_sleep" 1; done
ghost_shim_ended "$ghost_shim_err" stderr || until "$ghost_shim_cat" <&9 >&5; do "$ghost_shim_sleep" 1; done
`;

/**
 * A word as a line of the go pipe. Printable ASCII passes `read -r` of every shell as it is; of other bytes some shells
 * make something of their own, and they go as `\0ooo`.
 */
export function goPipeLine(word: Uint8Array): string {
  if (word.every((byte) => byte >= 0x20 && byte <= 0x7e)) return `=${Buffer.from(word).toString('latin1')}`;
  const escaped = [...word].map((byte) =>
    /[A-Za-z0-9_.,:=@-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `\\0${byte.toString(8).padStart(3, '0')}`,
  );
  return `+${escaped.join('')}`;
}
