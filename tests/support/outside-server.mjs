/**
 * Servers that say by what name and at what address they were reached. Prints a line when all of them listen. With a directory as its
 * argument, port 443 is HTTPS by its `tls.crt` and `tls.key`, shows what it is told, and keeps that in `asked`, one JSON a line.
 */
import { createSocket } from 'node:dgram';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer } from 'node:net';

const listen = (server, port) => new Promise((resolve) => server.listen(port, '0.0.0.0', resolve));
/** What has come in at all: names that were asked for, datagrams by their port, connections by theirs. */
const seen = { asked: [], datagrams: [], connections: [] };
const http = () =>
  createHttp((request, response) => {
    const name = request.headers.host ?? '';
    if (request.url === '/seen') {
      response.end(JSON.stringify(seen));
      return;
    }
    // As many bytes as are asked for, or what was sent, counted.
    const size = /^\/bytes\/(\d+)$/.exec(request.url ?? '')?.[1];
    if (size !== undefined) {
      response.end(Buffer.alloc(Number(size), 'x'));
      return;
    }
    let sent = 0;
    request.on('data', (chunk) => (sent += chunk.length));
    request.on('end', () => response.end(`${name} at ${request.socket.localAddress}, ${sent} bytes\n`));
  });
const line = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.end('SSH-2.0-outside\n');
});
/** No TLS at all: it tells how much of a greeting has come through. */
const greeted = createServer((socket) => {
  seen.connections.push(443);
  socket.on('error', () => undefined);
  socket.once('data', (data) => socket.end(`greeted with ${data.length} bytes\n`));
});
const dir = process.argv[2];
const shown = () =>
  createHttps({ cert: readFileSync(`${dir}/tls.crt`), key: readFileSync(`${dir}/tls.key`) }, (request, response) => {
    const asked = JSON.stringify({ url: request.url, headers: request.headers });
    appendFileSync(`${dir}/asked`, `${asked}\n`);
    const redirect = request.url === '/redirect' && {
      location: `https://other.example.org/?key=${request.headers['x-api-key']}`,
    };
    response.writeHead(redirect ? 302 : 200, { 'x-shown': request.headers['x-api-key'] ?? '', ...redirect });
    // In two parts, which are cut in the middle of whatever is longest.
    response.write(asked.slice(0, asked.length / 2));
    setTimeout(() => response.end(asked.slice(asked.length / 2)), 50);
  });
/** It says everything again, and stays. */
const echo = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.pipe(socket);
});
const overTcp = createServer((socket) => {
  seen.connections.push(53);
  socket.on('error', () => undefined).end();
});

function datagrams(at) {
  const socket = createSocket('udp4');
  socket.on('message', (text, { port, address }) => {
    seen.datagrams.push(at);
    socket.send(`heard ${text}`, port, address);
  });
  return new Promise((resolve) => socket.bind(at, resolve));
}

/** Knows no name, and remembers which it was asked for. */
function resolver() {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => {
    const labels = [];
    for (let at = 12; question[at] > 0; at += 1 + question[at])
      labels.push(question.toString('latin1', at + 1, at + 1 + question[at]));
    seen.asked.push(labels.join('.'));
    const answer = Buffer.from(question);
    answer.writeUInt16BE(0x8183, 2);
    socket.send(answer, port, address);
  });
  return new Promise((resolve) => socket.bind(53, resolve));
}

await Promise.all([
  listen(http(), 80),
  listen(http(), 8080),
  listen(http(), 7070),
  listen(line, 2222),
  listen(dir === undefined ? greeted : shown(), 443),
  listen(echo, 2223),
  listen(overTcp, 53),
  datagrams(5353),
  datagrams(443),
  resolver(),
]);
process.stdout.write('ready\n');
