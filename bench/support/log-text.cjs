'use strict';
// Prints so many bytes of a log such as a server writes: node log-text.cjs BYTES. The same text each time; one line in
// some 4,000 has the word ECONNREFUSED.
const { writeSync } = require('node:fs');

const bytes = Number(process.argv[2]);
const methods = ['GET', 'POST', 'PUT', 'DELETE'];
const words = ['user', 'order', 'session', 'invoice', 'basket', 'report', 'upload', 'search'];
let state = 12345;
const random = (below) => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % below;
};

let block = '';
for (let line = 0; block.length < 8 * 2 ** 20; line += 1) {
  const time = new Date(Date.UTC(2026, 10, 22) + line * 37).toISOString();
  const path = `/api/${words[random(8)]}/${random(100000)}/${words[random(8)]}`;
  block +=
    random(4000) === 0
      ? `${time} ERROR upstream 10.0.${random(256)}.${random(256)}:8080 ECONNREFUSED ${path}\n`
      : `${time} INFO ${methods[random(4)]} ${path} ${[200, 200, 200, 304, 404][random(5)]} ${random(900)}ms id=${random(2 ** 31).toString(16)}\n`;
}
const chunk = Buffer.from(block);
for (let left = bytes; left > 0;) {
  const part = chunk.subarray(0, Math.min(left, chunk.length));
  let done = 0;
  while (done < part.length) {
    try {
      done += writeSync(1, part, done);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
  left -= part.length;
}
