'use strict';
// Serves a page and a WebSocket: what one client says is told to all, itself included.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { WebSocket, WebSocketServer } = require('ws');

const page = fs.readFileSync(path.join(__dirname, 'page.html'));
const greeting = process.env.GREETING || 'Hello';

const server = http.createServer((request, response) => {
  if (request.url === '/healthz') {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ status: 'ok', clients: sockets.clients.size }));
  } else if (request.url === '/') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(page);
  } else {
    response.writeHead(404, { 'Content-Type': 'text/plain' });
    response.end('nothing is here\n');
  }
});

const sockets = new WebSocketServer({ server, path: '/ws', maxPayload: 64 * 1024 });

sockets.on('connection', (socket) => {
  socket.on('error', (error) => console.error(`a client: ${error.message}`));
  socket.send(JSON.stringify({ greeting, clients: sockets.clients.size }));
  socket.on('message', (data) => {
    for (const client of sockets.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(data.toString());
    }
  });
});

// Behind nginx, on this machine alone.
server.listen(8080, '127.0.0.1', () => console.log('listening on 127.0.0.1:8080'));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
